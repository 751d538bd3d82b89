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
    let processID = try spawn(input: input)
    let status = try wait(for: processID)
    guard status == 0 else {
      let outcome =
        status & 0x7f == 0 ? "exit code \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
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

  private func spawn(input: Int32) throws(ConnectorError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    // Data belongs on standard output, and what a hook says is none.
    posix_spawn_file_actions_adddup2(&actions, 2, 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The pipeline's threads block signals that the command should get.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    let variables = ProcessInfo.processInfo.environment
      .filter { !Self.secrets.contains($0.key) }.map { "\($0.key)=\($0.value)" }
    var processID: pid_t = 0
    let code = withPointers(to: words) { words in
      withPointers(to: variables) { variables in
        posix_spawnp(&processID, self.words[0], &actions, &attributes, words, variables)
      }
    }
    guard code == 0 else { throw .fileSystem("run \(description)", code: code) }
    return processID
  }

  /// Kills the command's process group when its time is over.
  private func wait(for processID: pid_t) throws(ConnectorError) -> Int32 {
    let deadline = ContinuousClock.now + timeLimit
    var status: Int32 = 0
    while true {
      let ended = waitpid(processID, &status, WNOHANG)
      if ended == processID { return status }
      guard ended == 0 || errno == EINTR else { throw .fileSystem("wait for \(description)") }
      guard ContinuousClock.now < deadline else {
        kill(-processID, SIGKILL)
        waitpid(processID, &status, 0)
        throw ConnectorError(
          .permanent,
          "\(description) did not end within \(timeLimit.components.seconds) s"
        )
      }
      usleep(10_000)
    }
  }
}

/// Calls `body` with NUL-terminated copies of the strings and a final null pointer.
private func withPointers<Result>(
  to strings: [String],
  _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = strings.map { strdup($0) } + [nil]
  defer { pointers.forEach { free($0) } }
  return body(pointers)
}
