import Foundation
import PostgresConnect
import TestSupport
import Testing

/// A server that goes away while a job starts.
@Suite struct StartOutageTests {
  enum Loss: CaseIterable { case endedConnection, restart }

  @Test(arguments: Loss.allCases)
  func `a connection that is lost while the schema is made is made again`(loss: Loss) throws {
    let cluster = try TemporaryCluster()
    defer { cluster.remove() }
    let trial = try JobTrial(address: cluster.start())
    try trial.generate(events: 2_000, partitions: 2, seed: 51)
    // The job's migration waits for another one, and that is when it loses its connection.
    let other = try PostgresConnection(trial.address)
    defer { other.close() }
    try other.execute("SELECT pg_advisory_lock(\(Self.migrationLock))")
    let job = try trial.startJob(["--until-end"])
    let waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory'"
    try trial.wait(for: job) { try !trial.query(waiting).isEmpty }
    switch loss {
    case .endedConnection:
      try trial.query("SELECT pg_terminate_backend(pid) FROM (\(waiting)) AS w")
      try trial.wait(for: job) { try job.hasRetried }
      other.close()
    case .restart:
      try cluster.stop()
      try trial.wait(for: job) { try job.hasRetried }
      try cluster.start()
    }
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("migration succeeded after retries"))
    try trial.expectRightRows()
  }

  /// Other commands that make the schema before they do something else.
  private static let commands = [
    ["stream-job", "migrate"],
    ["stream-job", "start", "--from", "file:log", "--until-end"],
    ["generator", "users", "--users", "10"],
    load,
  ]
  private static let load = [
    "batch-job", "attribute", "--clicks", "log/clicks/*.jsonl", "--checkouts",
    "log/checkouts/*.jsonl",
  ]

  @Test(arguments: commands)
  func `every command that makes the schema makes a lost connection again`(
    command: [String]
  ) throws {
    let trial = try JobTrial()
    try trial.generate(events: 2_000, partitions: 2, seed: 53)
    let other = try PostgresConnection(trial.address)
    defer { other.close() }
    try other.execute("SELECT pg_advisory_lock(\(Self.migrationLock))")
    let program = try trial.start(command[0], Array(command.dropFirst()))
    let waiting = """
      SELECT pid FROM pg_stat_activity
      WHERE wait_event = 'advisory' AND datname = current_database()
      """
    try trial.wait(for: program) { try !trial.query(waiting).isEmpty }
    try trial.query("SELECT pg_terminate_backend(pid) FROM (\(waiting)) AS w")
    try trial.wait(for: program) { try program.hasRetried || program.hasEnded }
    other.close()
    let outcome = try program.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    if command.contains("start") {
      #expect(try trial.start("stream-job", ["stop"]).wait().exitCode == 0)
    }
  }

  /// The first two only ask whether sessions are their own.
  @Test(arguments: 1...3)
  func `a start goes on whichever of its first connections is lost`(number: Int) throws {
    let database = try TemporaryCluster.database()
    let relay = try ServerRelay(before: database, cuttingOff: number)
    defer { relay.stop() }
    let trial = try JobTrial(address: relay.address)
    try trial.generate(events: 2_000, partitions: 2, seed: 55)
    let outcome = try trial.runJob()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("migration succeeded after retries"))
    try trial.expectRightRows()
  }

  @Test func `tables that others have locked are waited for, and the wait is told`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 2_000, partitions: 2, seed: 56)
    let other = try PostgresConnection(trial.address)
    defer { other.close() }
    try other.execute("BEGIN; LOCK TABLE ecommerce.schema_version")
    let job = try trial.startJob(["--until-end"])
    try trial.wait(for: job) { try job.hasRetried }
    try other.execute("ROLLBACK")
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("Another session holds a lock"), "\(outcome.errors)")
    try trial.expectRightRows()
  }

  /// The rows are one transaction, which begins again.
  @Test func `a load whose connection is lost half way is made again`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 2_000, partitions: 2, seed: 54)
    try #require(trial.start("stream-job", ["migrate"]).wait().exitCode == 0)
    let other = try PostgresConnection(trial.address)
    defer { other.close() }
    try other.execute("BEGIN; LOCK TABLE ecommerce.attributions IN SHARE MODE")
    let program = try trial.start(Self.load[0], Array(Self.load.dropFirst()))
    let waiting = """
      SELECT pid FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND datname = current_database()
      """
    try trial.wait(for: program) { try !trial.query(waiting).isEmpty }
    try trial.query("SELECT pg_terminate_backend(pid) FROM (\(waiting)) AS w")
    try trial.wait(for: program) { try program.hasRetried || program.hasEnded }
    try other.execute("ROLLBACK")
    let outcome = try program.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectRightRows()
  }

  @Test func `a server that says it is not ready yet is waited for`() throws {
    let cluster = try TemporaryCluster()
    defer { cluster.remove() }
    let trial = try JobTrial(address: cluster.start())
    try trial.generate(events: 2_000, partitions: 2, seed: 52)
    // A smart shutdown refuses new connections, with the SQLSTATE of a server that starts up, as
    // long as there is an old one.
    let last = try PostgresConnection(trial.address)
    defer { last.close() }
    kill(try cluster.serverProcessID(), SIGTERM)
    try waitUntilRefusing(trial.address)
    let job = try trial.startJob(["--until-end"])
    try trial.wait(for: job) { try job.hasRetried }
    last.close()
    try cluster.start()
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectRightRows()
  }

  private func waitUntilRefusing(_ address: PostgresAddress) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while let connection = try? PostgresConnection(address) {
      connection.close()
      try #require(ContinuousClock.now < deadline)
      usleep(10_000)
    }
  }

  /// Under which programs migrate one after the other.
  private static let migrationLock = 0x6669_7273_7463_6C6B
}

extension ProgramRun {
  fileprivate var hasRetried: Bool {
    get throws { try errorsSoFar().contains("retrying with backoff") }
  }

  /// As far as its messages tell.
  fileprivate var hasEnded: Bool {
    get throws { try errorsSoFar().contains("terminating connection") }
  }
}
