import Connect
import Foundation
import PostgresConnect
import TestSupport
import Testing

/// What becomes of jobs in the background that do not go as they should.
@Suite struct BackgroundJobTests {
  private let trial: JobTrial

  init() throws { trial = try JobTrial() }

  @Test func `of several starts at once one starts the job, and stop ends it`() throws {
    try trial.generate(events: 1_000, partitions: 1, seed: 81)
    let starts = try (0..<4).map { _ in try startCommand() }
    let outcomes = try starts.map { try $0.wait() }
    #expect(outcomes.map(\.exitCode).sorted() == [0, 1, 1, 1])
    let job = try jobProcess()
    for outcome in outcomes where outcome.exitCode != 0 {
      #expect(
        outcome.errors.contains("a job runs here already: process \(job.processID)"),
        "\(outcome.errors)"
      )
    }
    #expect(try run("stop").output == "stopped the job (process \(job.processID))\n")
    #expect(!job.isAlive)
    // No other one is left.
    try trial.wait(for: starts[0]) {
      try trial.query(
        """
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'firstclick sink'
        """
      ).isEmpty
    }
  }

  @Test func `a job that has failed is told by doctor, status and stop`() throws {
    let (job, feed) = try startedJob()
    try trial.query("ALTER TABLE ecommerce.raw_clicks RENAME TO away")
    try feed.deliver(upTo: 1)
    try waitForEnd(of: job)
    let pattern = #/process \d+ ended with code 1 at 20\d\d-[^ ]+Z: stream-job: .*42P01/#
    let doctor = try run("doctor", ["--from", "file:log"])
    #expect(doctor.exitCode == 1)
    let finding = doctor.output.split(separator: "\n").first { $0.hasPrefix("fail  job: ") } ?? ""
    #expect(finding.contains(pattern), "\(doctor.output)")
    let status = try run("status")
    #expect(status.exitCode == 0)
    #expect(status.output.contains("\nthe job in the background failed: process "))
    #expect(try run("status", ["--json"]).output.contains("\"process_id\" : \(job.processID)"))
    let stop = try run("stop")
    #expect(stop.exitCode == 1)
    #expect(stop.output == "nothing runs here\n")
    #expect(stop.errors.contains(pattern), "\(stop.errors)")
    // That was all there was to say of it.
    let again = try run("stop")
    #expect(again.exitCode == 0 && again.errors.isEmpty)
    let after = try run("doctor", ["--from", "file:log"])
    #expect(after.output.contains("ok    job: none in the background"))
  }

  @Test func `a job that was killed is told, and another one may be started`() throws {
    let (job, _) = try startedJob()
    kill(job.processID, SIGKILL)
    try waitForEnd(of: job)
    let doctor = try run("doctor", ["--from", "file:log"])
    #expect(doctor.exitCode == 1)
    #expect(doctor.output.contains("fail  job: process \(job.processID) was killed or crashed: "))
    let start = try startCommand().wait()
    #expect(start.exitCode == 0, "\(start.errors)")
    let after = try run("doctor", ["--from", "file:log"])
    #expect(after.output.contains("ok    job: runs as process"), "\(after.output)")
    #expect(try run("stop").exitCode == 0)
  }

  @Test func `a stop that commits nothing is a failure`() throws {
    let (_, feed) = try startedJob()
    let other = try PostgresConnection(trial.address)
    defer { other.close() }
    try other.execute("BEGIN; LOCK TABLE ecommerce.raw_clicks")
    try feed.deliver(upTo: 1)
    try waitUntil {
      try !trial.query(
        """
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'firstclick sink'
          AND wait_event_type = 'Lock'
        """
      ).isEmpty
    }
    let stop = try run("stop")
    #expect(stop.exitCode == 1)
    #expect(stop.output.isEmpty)
    let line = try #require(stop.errorLines.last)
    #expect(line.hasPrefix("stream-job: the job in the background failed: process "), "\(line)")
    #expect(line.contains(" ended with code 1 at "), "\(line)")
    #expect(line.contains("gave up the commit of task 0"), "\(line)")
    #expect(line.hasSuffix("; See .firstclick/stream-job.log."), "\(line)")
    try other.execute("ROLLBACK")
    try trial.expectRightEnd()
  }

  // MARK: - Helpers

  private func run(
    _ command: String,
    _ arguments: [String] = []
  ) throws -> ProgramRun.Outcome {
    try trial.start("stream-job", [command] + arguments).wait()
  }

  private func startCommand() throws -> ProgramRun {
    try trial.start("stream-job", ["start", "--from", "file:log"])
  }

  /// A job in the background that has committed half of its log.
  private func startedJob() throws -> (job: ProcessIdentity, feed: LogFeed) {
    try trial.generate(events: 4_000, partitions: 1, seed: 82, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.5)
    let start = try startCommand().wait()
    try #require(start.exitCode == 0, "\(start.errors)")
    try waitUntil { try trial.committedRecords() == feed.lineCount }
    return (try jobProcess(), feed)
  }

  private func jobProcess() throws -> ProcessIdentity {
    let path = "\(trial.directory.path)/.firstclick/stream-job.pid"
    return try #require(ProcessIdentity(String(contentsOfFile: path, encoding: .utf8)))
  }

  private func waitForEnd(of job: ProcessIdentity) throws { try waitUntil { !job.isAlive } }

  private func waitUntil(_ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !condition() {
      try #require(ContinuousClock.now < deadline)
      usleep(20_000)
    }
  }
}
