import Connect
import Dataflow

extension ConnectorError {
  /// A database whose rows were counted within another window than the one that is asked for.
  ///
  /// - Parameters:
  ///   - address: of the database.
  ///   - stored: the window's length in seconds, as the database has it.
  ///   - window: that is asked for.
  /// - Returns: the error, permanent.
  static func otherWindow(
    at address: PostgresAddress,
    of stored: String,
    expected window: EventSpan
  ) -> ConnectorError {
    ConnectorError(
      .permanent,
      "the database at \(address) was filled with a window of \(stored) s: "
        + "expected \(window.wholeSeconds) s",
      hint: "Run with that --window, or name another database."
    )
  }
}
