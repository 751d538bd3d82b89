import Connect
import Logging
import PostgresConnect
import Programs

extension Destination {
  /// `--into`, `FIRSTCLICK_INTO`, the config file, `DATABASE_URL`, the private cluster: the first
  /// that is given.
  init(_ options: CommonOptions, _ configuration: Configuration) throws {
    try self.init(configuration.value("into", option: options.into))
  }

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
