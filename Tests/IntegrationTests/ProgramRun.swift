import Connect
import Foundation
import Testing

/// One of the programs run as a user runs it: its own process, directory and environment.
struct ProgramRun {
  struct Outcome {
    /// 128 + signal for a program that was killed.
    var exitCode: Int32
    var output: String
    var errors: String
    /// The most memory that it had at a time.
    var peakByteCount: Int
    /// The lines of standard error.
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
  }

  /// The program was still running when its time was over, and was killed.
  struct Overdue: Error {
    var errors: String
  }

  private let process: ChildProcess
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
    let process = try ChildProcess(
      "env",
      words: ["env", "-C", directory.path, path(of: program)] + arguments,
      environment: inherited.merging(environment) { $1 },
      input: .file(input, O_RDONLY),
      output: .file(output.path, O_WRONLY | O_CREAT),
      errors: .file(errors.path, O_WRONLY | O_CREAT)
    )
    return ProgramRun(process: process, output: output, errors: errors)
  }

  /// What it has written to standard output so far.
  func outputSoFar() throws -> String { try String(contentsOf: output, encoding: .utf8) }

  /// What it has written to standard error so far.
  func errorsSoFar() throws -> String { try String(contentsOf: errors, encoding: .utf8) }

  var processID: pid_t { process.id }

  func send(_ signal: Int32) { kill(processID, signal) }

  /// Kills it if it still runs.
  func end() {
    // Throws when its end was waited for already: the id may be another program's then.
    guard let isRunning = try? process.exitCode() == nil, isRunning else { return }
    send(SIGKILL)
    _ = try? process.waitForEnd()
  }

  /// Waits for its end; kills it after five minutes.
  func wait() throws -> Outcome {
    let deadline = ContinuousClock.now + .seconds(300)
    var peakByteCount = 0
    while true {
      peakByteCount = max(peakByteCount, peakSoFar)
      if let code = try process.exitCode() {
        return Outcome(
          exitCode: code,
          output: try String(contentsOf: output, encoding: .utf8),
          errors: try errorsSoFar(),
          peakByteCount: peakByteCount
        )
      }
      guard ContinuousClock.now < deadline else {
        end()
        throw Overdue(errors: try errorsSoFar())
      }
      usleep(5_000)
    }
  }

  /// The most memory that it has had, in bytes; 0 once it has ended.
  ///
  /// Not what wait4(2) says: that starts from what the process has had that it was spawned by.
  private var peakSoFar: Int {
    let status = try? String(contentsOfFile: "/proc/\(processID)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return (kibibytes ?? 0) << 10
  }

  /// Where the program is, if it is not a path already.
  static func path(of program: String) -> String {
    program.hasPrefix("/") ? program : programs.appendingPathComponent(program).path
  }

  /// The programs are built beside the test bundle.
  private static let programs = URL(fileURLWithPath: "/proc/self/exe")
    .resolvingSymlinksInPath().deletingLastPathComponent()

  /// Without what would point the programs at somebody's database or streams.
  private static let inherited = ProcessInfo.processInfo.environment.filter { variable in
    !["PG", "FIRSTCLICK_", "DATABASE_URL", "AWS_"].contains { variable.key.hasPrefix($0) }
  }
}
