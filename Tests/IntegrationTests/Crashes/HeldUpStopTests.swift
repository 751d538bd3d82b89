import Foundation
import PostgresConnect
import TestSupport
import Testing

/// Stops of a job whose commit waits for another session's locks.
@Suite struct HeldUpStopTests {
  @Test(arguments: ["raw_clicks", "attributions", "stream_progress"])
  func `a stop does not wait for locks`(table: String) throws {
    let trial = try JobTrial()
    let (job, other) = try heldUpJob(by: table, in: trial, events: 20_000, partitions: 2)
    defer { other.close() }
    job.send(SIGTERM)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 1)
    let line = try #require(outcome.errorLines.last)
    #expect(line.contains("gave up the commit of task "), "\(line)")
    #expect(line.contains("was still waiting at postgres://"), "\(line)")
    #expect(line.contains("another session may hold locks"), "\(line)")
    #expect(line.contains("nothing is lost: the next run does what was not"), "\(line)")
    try other.execute("ROLLBACK")
    try trial.expectLaw()
    try trial.expectRightEnd()
  }

  /// Neither the statement nor its cancel comes back.
  @Test func `a stop does not wait for a server that does not answer`() throws {
    let cluster = try TemporaryCluster()
    defer { cluster.remove() }
    let trial = try JobTrial(address: cluster.start())
    try #require(trial.start("stream-job", ["migrate"]).wait().exitCode == 0)
    let (job, other) = try heldUpJob(by: "raw_clicks", in: trial, events: 2_000, partitions: 1)
    defer { other.close() }
    let server = try cluster.serverProcessID()
    let sinks = try other.query(Self.heldUpSinks).compactMap { $0[0].flatMap { pid_t($0) } }
    for process in [server] + sinks { kill(process, SIGSTOP) }
    defer { for process in [server] + sinks { kill(process, SIGCONT) } }
    job.send(SIGTERM)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errorLines.last
        == "stream-job: did not end within 15 s of the stop, something does not answer; "
        + "nothing is lost: the next run goes on from the last commit"
    )
    for process in [server] + sinks { kill(process, SIGCONT) }
    try other.execute("ROLLBACK")
    try trial.expectLaw()
    try trial.expectRightEnd()
  }

  /// Starts a job that has committed half of its log, and lets another session lock a table in which
  /// every partition's next commit has rows.
  private func heldUpJob(
    by table: String,
    in trial: JobTrial,
    events: Int,
    partitions: Int
  ) throws -> (job: ProgramRun, other: PostgresConnection) {
    try trial.generate(events: events, partitions: partitions, seed: 61, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.5)
    let job = try trial.startJob(["--commit-interval", "5ms"])
    try trial.wait(for: job) { try trial.committedRecords() == feed.lineCount }
    let other = try PostgresConnection(trial.address)
    try other.execute("BEGIN; LOCK TABLE ecommerce.\(table)")
    try feed.deliver(upTo: 1)
    try trial.wait(for: job) { try trial.query(Self.heldUpSinks).count == partitions }
    return (job, other)
  }

  private static let heldUpSinks = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'firstclick sink'
      AND wait_event_type = 'Lock'
    """
}
