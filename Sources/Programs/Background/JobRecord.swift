import Connect

/// What is known of the job that was last started in the background: a line of numbers, the
/// process's two and then its exit code.
struct JobRecord: LosslessStringConvertible {
  let process: ProcessIdentity
  /// Nil while it runs, and of one that could not say how it ended.
  var exitCode: Int32?

  init(_ process: ProcessIdentity) { self.process = process }

  init?(_ description: String) {
    let parts = description.split(whereSeparator: \.isWhitespace)
    guard let process = ProcessIdentity(parts.prefix(2).joined(separator: " ")) else { return nil }
    self.process = process
    guard parts.count > 2 else { return }
    guard parts.count == 3, let code = Int32(parts[2]) else { return nil }
    exitCode = code
  }

  var description: String { process.description + (exitCode.map { " \($0)" } ?? "") }
}
