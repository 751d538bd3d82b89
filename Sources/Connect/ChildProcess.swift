package import Foundation

/// A program that this one runs, without a shell in between.
///
/// It gets every signal and handles it as by default, whatever the threads of this process block or
/// ignore. `Foundation.Process` would wait for servers that a program leaves running: its
/// end-of-process signal is a socket that every descendant inherits.
package struct ChildProcess: Sendable {
  /// What a standard stream of the program is.
  package enum Stream {
    case descriptor(Int32)
    /// A file, opened with these flags of open(2).
    case file(String, Int32)

    package static var nothing: Stream { .file("/dev/null", O_RDONLY) }
  }

  /// Whose signals the program gets besides its own.
  package enum Group: Int16 {
    /// Those of this process's group, such as an interrupt typed on the terminal.
    case shared = 0
    /// A group of its own, which can be ended as a whole.
    case own = 0x02
    /// A session of its own, which outlives this process's terminal.
    ///
    /// `POSIX_SPAWN_SETSID` of <spawn.h>, a GNU extension that Swift does not import.
    case session = 0x80
  }

  package let id: pid_t

  /// Starts it.
  ///
  /// - Parameters:
  ///   - program: a path, or a name to be found in PATH.
  ///   - words: its own name, then its arguments.
  ///   - environment: all of its variables.
  ///   - input: its standard input.
  ///   - output: its standard output.
  ///   - errors: its standard error; nil for the same as `output`.
  ///   - group: whose signals it gets.
  /// - Throws: the system's error.
  package init(
    _ program: String,
    words: [String],
    environment: [String: String] = ProcessInfo.processInfo.environment,
    input: Stream = .nothing,
    output: Stream,
    errors: Stream? = nil,
    group: Group = .shared
  ) throws(POSIXError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    input.add(to: &actions, as: STDIN_FILENO)
    output.add(to: &actions, as: STDOUT_FILENO)
    (errors ?? .descriptor(STDOUT_FILENO)).add(to: &actions, as: STDERR_FILENO)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | group.rawValue
    )

    var id: pid_t = 0
    let code = Self.withPointers(to: words) { words in
      Self.withPointers(to: environment.map { "\($0.key)=\($0.value)" }) { variables in
        posix_spawnp(&id, program, &actions, &attributes, words, variables)
      }
    }
    guard code == 0 else { throw POSIXError(code) }
    self.id = id
  }

  /// Its exit code, or 128 + signal if it was killed; nil while it runs.
  ///
  /// To be asked until it has ended, and not after that: the id may be another program's then.
  package func exitCode() throws(POSIXError) -> Int32? { try wait(WNOHANG) }

  /// As above, waiting for its end.
  package func waitForEnd() throws(POSIXError) -> Int32 {
    while true {
      if let code = try wait(0) { return code }
    }
  }

  /// As above; nil if it still runs when the time is over.
  package func waitForEnd(within limit: Duration) throws(POSIXError) -> Int32? {
    let deadline = ContinuousClock.now + limit
    while true {
      if let code = try exitCode() { return code }
      guard ContinuousClock.now < deadline else { return nil }
      usleep(5_000)
    }
  }

  private func wait(_ options: Int32) throws(POSIXError) -> Int32? {
    var status: Int32 = 0
    let ended = waitpid(id, &status, options)
    if ended == 0 || ended < 0 && errno == EINTR { return nil }
    guard ended == id else { throw POSIXError(errno) }
    // The low 7 bits are the signal, the next byte the exit status (wait(2)).
    let signal = status & 0x7f
    return signal == 0 ? status >> 8 & 0xff : 128 + signal
  }

  /// Calls `body` with NUL-terminated copies of the strings and a final null pointer, valid during
  /// the call.
  private static func withPointers<Result>(
    to strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return body(pointers)
  }
}

extension ChildProcess.Stream {
  fileprivate func add(to actions: inout posix_spawn_file_actions_t, as target: Int32) {
    switch self {
    case .descriptor(let descriptor):
      posix_spawn_file_actions_adddup2(&actions, descriptor, target)
    case .file(let path, let flags):
      posix_spawn_file_actions_addopen(&actions, target, path, flags, 0o644)
    }
  }
}

extension POSIXError {
  package init(_ code: Int32) {
    self.init(POSIXErrorCode(rawValue: code) ?? .EINVAL)
  }

  /// The system's words for it.
  package var text: String { String(cString: strerror(code.rawValue)) }
}
