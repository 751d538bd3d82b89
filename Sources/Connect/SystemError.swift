import Foundation

extension ConnectorError {
  package static func usage(_ message: String, hint: String) -> ConnectorError {
    ConnectorError(.usage, message, hint: hint)
  }

  /// A failed system call, such as `attempt` = `open "/data/log"`, with the system's words for
  /// `code`.
  package static func system(_ attempt: String, code: Int32, hint: String? = nil) -> ConnectorError
  {
    ConnectorError(
      .permanent,
      "could not \(attempt): \(String(cString: strerror(code)))",
      hint: hint
    )
  }
}
