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

  @OptionGroup var target: DatabaseOptions

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

  @OptionGroup var config: ConfigOptions

  func run() throws {
    let configuration = try config.configuration(of: .generator)
    let count =
      try configuration.count("users", option: users, atMost: RunSettings.greatestUserCount)
      ?? Self.defaultUserCount
    let seed = try configuration.value("seed", option: seed)?.number ?? Self.defaultSeed
    Interrupts.watch(endingWith: 130)
    let address = try target.database(configuration, for: "users").prepare().address
    let connection = try PostgresConnection(address, applicationName: "firstclick generator")
    defer { connection.close() }
    try SeededUsers(connection).put(count: count, seed: seed)
    print("put \(Figures.grouped(count)) users into ecommerce.users of \(address)")
  }
}
