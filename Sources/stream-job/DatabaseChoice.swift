import Connect
import Foundation
import PostgresConnect
import Programs

/// Which database a command means, chosen before anything is touched.
enum DatabaseChoice {
  case server(PostgresAddress)
  /// The one of this directory, in `.firstclick/postgres`.
  case privateCluster

  /// The database's address; a private cluster is made and started if need be.
  func start() throws(ConnectorError) -> PostgresAddress {
    switch self {
    case .server(let address): address
    case .privateCluster: try Self.cluster.start()
    }
  }

  /// The address of a database that should be there already; a private cluster is started, not made.
  func startExisting() throws -> PostgresAddress {
    guard case .privateCluster = self, !Self.isClusterMade else { return try start() }
    throw Failure(
      .failed,
      "found no database: neither --into nor DATABASE_URL is given, and "
        + "\(PrivateCluster.defaultDirectory) does not exist here",
      hint: "Run `stream-job run` first, or name the database."
    )
  }

  static var isClusterMade: Bool {
    FileManager.default.fileExists(atPath: PrivateCluster.defaultDirectory)
  }

  static let cluster = PrivateCluster { Console.shared.write("stream-job: \($0)") }
}

/// Where the answers go.
enum Destination {
  case database(DatabaseChoice)
  /// Append-only files or a pipe.
  case files(SinkURI)

  /// `--into`, `FIRSTCLICK_INTO`, the config file, `DATABASE_URL`, the private cluster: the first
  /// that is given.
  init(_ options: CommonOptions, _ configuration: Configuration) throws {
    try PostgresSecret.adoptPasswordFile()
    let ambient = ProcessInfo.processInfo.environment["DATABASE_URL"].flatMap {
      $0.isEmpty ? nil : $0
    }
    guard let text = try configuration.value("into", option: options.into) ?? ambient else {
      self = .database(.privateCluster)
      return
    }
    let uri = try SinkURI(parsing: text)
    if case .postgres(let connection) = uri {
      self = .database(.server(try PostgresAddress(connection)))
    } else {
      self = .files(uri)
    }
  }

  /// For commands that only a database can answer.
  func requireDatabase(for command: String) throws(Failure) -> DatabaseChoice {
    switch self {
    case .database(let choice): return choice
    case .files(let uri):
      throw Failure(
        .usage,
        "\(command) expected a database, found \(uri)",
        hint: "Write --into postgres://HOST/DATABASE, or leave it out for the private one."
      )
    }
  }
}

extension Destination {
  /// The sink; a database's with its tables made.
  func openSink(untilEnd: Bool) throws -> any Sink {
    switch self {
    case .database(let choice):
      let address = try choice.start()
      _ = try Migrate.migrate(address)
      return PostgresSink(address)
    case .files(let uri):
      return try uri.makeFileSink(untilEnd: untilEnd)
    }
  }
}
