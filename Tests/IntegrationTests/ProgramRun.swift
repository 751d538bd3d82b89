import Foundation
import Testing

/// One of the programs run as a user runs it: its own process, directory and environment.
///
/// Not by Foundation's `Process`, which would wait for the server that a program leaves running.
struct ProgramRun {
  struct Outcome {
    /// 128 + signal for a program that was killed.
    var exitCode: Int32
    var output: String
    var errors: String
    /// The lines of standard error.
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  /// The program was still running when its time was over, and was killed.
  struct Overdue: Error {
    var errors: String
  }

  let processID: pid_t
  private let output: URL
  private let errors: URL

  /// Runs it to its end.
  static func run(
    _ program: String,
    _ arguments: [String] = [],
    in directory: TemporaryDirectory,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    try start(program, arguments, in: directory, environment: environment).wait()
  }

  /// Starts it, with the file `input` as its standard input, and returns at once.
  static func start(
    _ program: String,
    _ arguments: [String] = [],
    in directory: TemporaryDirectory,
    environment: [String: String] = [:],
    input: String = "/dev/null"
  ) throws -> ProgramRun {
    let name = UUID().uuidString
    let output = directory.url.appendingPathComponent("\(name).out")
    let errors = directory.url.appendingPathComponent("\(name).err")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output.path, O_WRONLY | O_CREAT, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, errors.path, O_WRONLY | O_CREAT, 0o644)

    let words =
      ["env", "-C", directory.path, path(of: program)] + arguments
    let variables = inherited.merging(environment) { $1 }.map { "\($0.key)=\($0.value)" }
    var processID: pid_t = 0
    let code = withPointers(to: words) { words in
      withPointers(to: variables) { variables in
        posix_spawnp(&processID, "env", &actions, nil, words, variables)
      }
    }
    try #require(code == 0, "could not start \(program): \(String(cString: strerror(code)))")
    return ProgramRun(processID: processID, output: output, errors: errors)
  }

  /// What it has written to standard output so far.
  func outputSoFar() throws -> String { try String(contentsOf: output, encoding: .utf8) }

  /// What it has written to standard error so far.
  func errorsSoFar() throws -> String { try String(contentsOf: errors, encoding: .utf8) }

  func send(_ signal: Int32) { kill(processID, signal) }

  /// Kills it if it still runs.
  func end() {
    var status: Int32 = 0
    guard waitpid(processID, &status, WNOHANG) == 0 else { return }
    send(SIGKILL)
    waitpid(processID, &status, 0)
  }

  /// Waits for its end; kills it after two minutes.
  func wait() throws -> Outcome {
    let deadline = ContinuousClock.now + .seconds(120)
    var status: Int32 = 0
    while waitpid(processID, &status, WNOHANG) == 0 {
      guard ContinuousClock.now < deadline else {
        send(SIGKILL)
        waitpid(processID, &status, 0)
        throw Overdue(errors: try errorsSoFar())
      }
      usleep(5_000)
    }
    let signal = status & 0x7f
    return Outcome(
      exitCode: signal == 0 ? (status >> 8) & 0xff : 128 + signal,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try errorsSoFar()
    )
  }

  /// Where the program is.
  static func path(of program: String) -> String { programs.appendingPathComponent(program).path }

  /// The programs are built beside the test bundle.
  private static let programs = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent()

  /// Without what would point the programs at somebody's database or streams.
  private static let inherited = ProcessInfo.processInfo.environment.filter { variable in
    !["PG", "FIRSTCLICK_", "DATABASE_URL", "AWS_"].contains { variable.key.hasPrefix($0) }
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
