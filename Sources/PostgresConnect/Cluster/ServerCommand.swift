import Connect
import Foundation

/// One program run to its end, as the user who owns the server; no shell in between.
///
/// `Foundation.Process` would wait for the server that `pg_ctl` leaves running: its end-of-process
/// signal is a socket that every descendant inherits.
struct ServerCommand {
  struct Answer {
    /// Exit status; 128 + signal for a program that was killed.
    var status: Int32
    /// Standard output and standard error together, without spaces around.
    var output: String
  }

  private let arguments: [String]

  /// - Parameters:
  ///   - program: a path, or a name to be found in PATH.
  ///   - arguments: passed on as they are.
  ///   - user: nil for the user of this process; anyone else takes root.
  ///   - directory: where it runs: one that `user` may enter.
  init(_ program: String, _ arguments: [String], as user: String? = nil, in directory: String = "/")
  {
    let prefix = user.map { ["runuser", "-u", $0, "--"] } ?? []
    self.arguments = ["env", "-C", directory] + prefix + [program] + arguments
  }

  func run() throws(ConnectorError) -> Answer {
    // A file, not a pipe: what the program leaves running may keep its end of it open.
    guard let output = tmpfile() else { throw failure(errno) }
    defer { fclose(output) }
    let process = try spawn(output: fileno(output))
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw failure(errno) }
    }
    let file = FileHandle(fileDescriptor: fileno(output), closeOnDealloc: false)
    try? file.seek(toOffset: 0)
    let text = String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    return Answer(
      // The low 7 bits are the signal, the next byte the exit status (wait(2)).
      status: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f),
      output: text.trimmingCharacters(in: .whitespacesAndNewlines)
    )
  }

  /// Starts the program with default signal handling.
  private func spawn(output: Int32) throws(ConnectorError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let environment = Self.environment.map { "\($0.key)=\($0.value)" }
    var process: pid_t = 0
    let code = withPointers(to: arguments) { arguments in
      withPointers(to: environment) { environment in
        posix_spawnp(&process, "env", &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw failure(code) }
    return process
  }

  private func failure(_ code: Int32) -> ConnectorError {
    ConnectorError(
      .permanent,
      "could not run \(arguments.joined(separator: " ")): \(String(cString: strerror(code)))"
    )
  }

  /// Without the PG* variables, which mean the user's own servers, and in plain English.
  private static let environment: [String: String] = {
    var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
    variables["LC_ALL"] = "C"
    return variables
  }()
}

/// Calls `body` with NUL-terminated copies of the strings and a final null pointer, valid during
/// the call.
private func withPointers<Result>(
  to strings: [String],
  _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = strings.map { strdup($0) } + [nil]
  defer { pointers.forEach { free($0) } }
  return body(pointers)
}
