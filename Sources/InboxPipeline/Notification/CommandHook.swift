package import Connect
package import Foundation

/// Runs a command with the result on its standard input.
///
/// Without a shell unless asked for: the command's words are passed as they are. Its output goes
/// where the pipeline's goes; the pipeline's own secrets are not in its environment.
package struct CommandHook: NotificationChannel {
  private let words: [String]
  private let timeLimit: Duration

  private static let secrets: Set<String> = [
    "PGPASSWORD", "DATABASE_URL", "FIRSTCLICK_NOTIFY_TOKEN", "FIRSTCLICK_NOTIFY_URL",
  ]

  /// - Throws: `.usage` for a command of no word, or with a quote that does not close.
  package init(
    _ command: String,
    inShell: Bool,
    timeLimit: Duration = .seconds(60)
  ) throws(ConnectorError) {
    guard let words = inShell ? ["/bin/sh", "-c", command] : CommandWords.split(command) else {
      throw ConnectorError(
        .usage,
        "could not read the notification command \"\(command.prefix(64))\": expected words, "
          + "every quote closed",
        hint: "Write --notify-command '/path/program --option \"a word\"'."
      )
    }
    self.words = words
    self.timeLimit = timeLimit
  }

  package var description: String { "the command \(words[0])" }

  package func deliver(_ result: Data) throws(ConnectorError) {
    // A file instead of a pipe: nothing waits for a command that does not read.
    let input = try Self.unnamedFile(holding: result)
    defer { close(input) }
    let code = try run(input: input)
    guard code == 0 else {
      let outcome = code < 128 ? "exit code \(code)" : "signal \(code - 128)"
      throw ConnectorError(.permanent, "\(description) ended with \(outcome)")
    }
  }

  private static func unnamedFile(holding content: Data) throws(ConnectorError) -> Int32 {
    let directory = FileManager.default.temporaryDirectory.path
    var path = [CChar]("\(directory)/firstclick-result-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw .fileSystem("create a temporary file") }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(path)
    let bytes = [UInt8](content)
    guard write(descriptor, bytes, bytes.count) == bytes.count, lseek(descriptor, 0, SEEK_SET) == 0
    else {
      let code = errno
      close(descriptor)
      throw .fileSystem("write a temporary file", code: code)
    }
    return descriptor
  }

  /// Runs the command, and kills its process group when its time is over.
  private func run(input: Int32) throws(ConnectorError) -> Int32 {
    do {
      let command = try ChildProcess(
        words[0],
        words: words,
        environment: ProcessInfo.processInfo.environment.filter { !Self.secrets.contains($0.key) },
        input: .descriptor(input),
        // Data belongs on standard output, and what a hook says is none.
        output: .descriptor(STDERR_FILENO),
        group: .own
      )
      if let code = try command.waitForEnd(within: timeLimit) { return code }
      kill(-command.id, SIGKILL)
      _ = try command.waitForEnd()
    } catch {
      throw .fileSystem("run \(description)", code: error.code.rawValue)
    }
    throw ConnectorError(
      .permanent,
      "\(description) did not end within \(timeLimit.components.seconds) s"
    )
  }
}
