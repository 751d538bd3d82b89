import Connect

/// One line of the doctor: `warn  disk: 3.1 GiB free in /data; Free some, or ...`.
struct Finding: CustomStringConvertible {
  enum Level: String {
    case ok
    case warn
    case fail
  }

  var level: Level
  /// What was looked at.
  var subject: String
  /// What was found.
  var result: String
  /// What to do, a sentence; nil if nothing.
  var advice: String?

  static func ok(_ subject: String, _ result: String) -> Finding {
    Finding(level: .ok, subject: subject, result: result)
  }

  static func warn(_ subject: String, _ result: String, advice: String) -> Finding {
    Finding(level: .warn, subject: subject, result: result, advice: advice)
  }

  static func fail(_ subject: String, _ result: String, advice: String?) -> Finding {
    Finding(level: .fail, subject: subject, result: result, advice: advice)
  }

  static func fail(_ subject: String, _ error: ConnectorError) -> Finding {
    .fail(subject, error.message, advice: error.hint)
  }

  var description: String {
    let label = level.rawValue + (level == .ok ? "  " : "")
    return "\(label)  \(subject): \(result)" + (advice.map { "; \($0)" } ?? "")
  }
}
