import ArgumentParser
import Connect
import Foundation
import Generation
import PostgresConnect
import Programs

/// Fills the table of users.
struct SeedUsers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "users",
    abstract: "Put the users into ecommerce.users of a PostgreSQL database.",
    discussion: """
      Makes the tables where they are missing. Users who are there already get the profile of this \
      seed; others stay as they are.
      """
  )

  private static let defaultUserCount = 10_000
  private static let defaultSeed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "postgres://...",
      discussion: "Without it: DATABASE_URL, else the private PostgreSQL in .firstclick/postgres.",
      valueName: "URI"
    )
  )
  var into: String?

  @Option(
    help: ArgumentHelp("Users, default 10000: as many as `run` has.", valueName: "N"),
    transform: parseSetting
  )
  var users: PositiveCount?

  @Option(
    help: ArgumentHelp("What their profiles are drawn from, default 1.", valueName: "N"),
    transform: parseSetting
  )
  var seed: Seed?

  @Option(help: ArgumentHelp("Config file, default firstclick.yaml.", valueName: "FILE"))
  var config: String?

  func run() throws {
    let configuration = try Configuration(of: .generator, file: config)
    let count =
      try configuration.count("users", option: users, atMost: RunSettings.greatestUserCount)
      ?? Self.defaultUserCount
    let seed = try configuration.value("seed", option: seed)?.number ?? Self.defaultSeed
    let address = try self.address(configuration)
    let connection = try PostgresConnection(address, applicationName: "firstclick generator")
    defer { connection.close() }
    if let notice = try Migrations(on: connection).apply().rolesNotice {
      Console.shared.write("generator: warning: \(notice)")
    }
    try UserTable(connection).put(count: count, seed: seed)
    print("put \(Figures.grouped(count)) users into ecommerce.users of \(address)")
  }

  /// `--into`, the environment, the config file, `DATABASE_URL`, the private cluster: the first that
  /// is given; the private cluster is started.
  private func address(_ configuration: Configuration) throws -> PostgresAddress {
    try PostgresSecret.adoptPasswordFile()
    let ambient = ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap {
      $0.isEmpty ? nil : $0
    }
    guard let text = try configuration.value("into", option: into) ?? ambient else {
      return try PrivateCluster { Console.shared.write("generator: \($0)") }.start()
    }
    let uri = try SinkURI(parsing: text)
    guard case .postgres(let connection) = uri else {
      throw Failure(
        .usage,
        "users expected a database, found \(uri)",
        hint: "Write --into postgres://HOST/DATABASE, or leave it out for the private one."
      )
    }
    return try PostgresAddress(connection)
  }
}
