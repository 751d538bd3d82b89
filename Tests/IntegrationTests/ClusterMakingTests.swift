import Foundation
import Testing

/// What becomes of a private cluster that is made under difficulties.
@Suite(.serialized) struct ClusterMakingTests {
  private let directory: TemporaryDirectory
  private var cluster: String { "\(directory.path)/.firstclick/postgres" }

  init() throws {
    directory = try TemporaryDirectory()
    try directory.write("", to: "log/clicks/00.jsonl")
    try directory.write("", to: "log/checkouts/00.jsonl")
  }

  private static let run = ["run", "--from", "file:log", "--until-end"]

  /// Commands, what interrupts them, and their exit codes then.
  private static let interrupts: [([String], Int32, Int32)] = [
    (run, SIGTERM, 0), (run, SIGINT, 0), (run, SIGKILL, 128 + SIGKILL),
    (["migrate"], SIGTERM, 130),
  ]

  @Test(arguments: interrupts)
  func `a command that is interrupted while it makes the cluster does not disturb the next one`(
    command: [String],
    signal: Int32,
    code: Int32
  ) throws {
    let first = try ProgramRun.start("stream-job", command, in: directory)
    defer { first.end() }
    let deadline = ContinuousClock.now + .seconds(60)
    while access("\(cluster)/data.new/base", F_OK) != 0 {
      try #require(ContinuousClock.now < deadline)
      usleep(1_000)
    }
    first.send(signal)
    let interrupted = try first.wait()
    #expect(interrupted.exitCode == code, "\(interrupted.errors)")
    if signal != SIGKILL {
      #expect(try processesInCluster().isEmpty)
      #expect(
        interrupted.errorLines.last == "stream-job: stopped before its PostgreSQL was made"
      )
    }
    let next = try ProgramRun.run("stream-job", Self.run, in: directory)
    #expect(next.exitCode == 0, "\(next.errors)")
  }

  @Test(.enabled(if: geteuid() == 0, "only root starts servers as another user"))
  func `root needs no directory of administrators in PATH`() throws {
    let outcome = try ProgramRun.run(
      "stream-job",
      ["migrate"],
      in: directory,
      environment: ["PATH": "/usr/bin:/bin"]
    )
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errorLines.count == 1)
    var status = stat()
    #expect(lstat(cluster, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
  }

  /// Those that work in the cluster's directory, as `initdb` does.
  private func processesInCluster() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { process in
      pid_t(process) != nil
        && (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd"))
          == cluster
    }
  }
}
