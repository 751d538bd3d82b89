import Connect
import Logging
import PostgresConnect
import Programs

/// Where the answers go.
enum Destination {
  case database(DatabaseChoice)
  /// Append-only files or a pipe.
  case files(SinkURI)

  /// `--into`, `FIRSTCLICK_INTO`, the config file, `DATABASE_URL`, the private cluster: the first
  /// that is given.
  init(_ options: CommonOptions, _ configuration: Configuration) throws {
    try PostgresSecret.adoptPasswordFile()
    let named = try configuration.value("into", option: options.into)
    guard let text = named ?? DatabaseChoice.ambientAddress else {
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
    case .files(let uri): throw DatabaseChoice.noDatabase(uri, for: command)
    }
  }
}

extension Destination {
  /// The sink; a database's with its tables made, which may remember `lateByteCount` bytes of stored
  /// events.
  ///
  /// Throws at once for a database that is not there or cannot be used; blocks while one that was
  /// there is away, and the first interrupt ends the process then.
  func openSink(untilEnd: Bool, lateByteCount: Int, logger: Logger) throws -> any Sink {
    switch self {
    case .database(let choice):
      let address = try choice.prepare(logger: logger).address
      return PostgresSink(address, recentByteCount: lateByteCount)
    case .files(let uri):
      return try uri.makeFileSink(untilEnd: untilEnd)
    }
  }
}
