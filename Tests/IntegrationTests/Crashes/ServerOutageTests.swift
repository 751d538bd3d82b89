import Connect
import Foundation
import PostgresConnect
import TestSupport
import Testing

/// A server that goes away under load and comes back, and connections that it ends.
@Suite struct ServerOutageTests {
  private static let settings = ["--commit-interval", "5ms", "--commit-size", "64KiB"]

  enum Stop: String, CaseIterable {
    case fast, immediate
    /// The server ends all its processes and recovers by itself.
    case killedBackend
  }

  @Test(arguments: Stop.allCases)
  func `the job waits out restarts of the server`(stop: Stop) throws {
    let cluster = try TemporaryCluster(isDurable: true)
    defer { cluster.remove() }
    let trial = try JobTrial(address: cluster.start())
    try trial.migrate()
    try trial.generate(events: 60_000, partitions: 4, seed: 41, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.1)
    let job = try trial.startJob(Self.settings)
    try trial.wait(for: job) { try trial.commitCount() > 3 }
    for share in [0.4, 0.7] {
      try feed.deliver(upTo: share)
      let commits = try trial.commitCount()
      try trial.wait(for: job) { try trial.commitCount() > commits }
      try cluster.restart(stop, of: trial)
    }
    try trial.wait(for: job) { try trial.committedRecords() == feed.lineCount }
    job.send(SIGTERM)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("succeeded after retries"))
    try trial.expectLaw()
    try feed.deliver(upTo: 1)
    try trial.expectRightEnd()
  }

  @Test func `what a finished task has committed outlives a crash of the server`() throws {
    let cluster = try TemporaryCluster(isDurable: true)
    defer { cluster.remove() }
    let trial = try JobTrial(address: cluster.start())
    try trial.migrate()
    try trial.generate(events: 60_000, partitions: 1, seed: 44)
    // The second task has a log of one line, and ends long before the first.
    let line =
      #"{"event_id":"c","user_id":"u","timestamp":"2025-01-01T00:00:00Z","product_id":"p"}"#
    try trial.directory.write(line + "\n", to: "log/clicks/part-00001.jsonl")
    try trial.directory.write("", to: "log/checkouts/part-00001.jsonl")
    let connection = try PostgresConnection(trial.address)
    defer { connection.close() }
    let job = try trial.startJob(Self.settings + ["--until-end"])
    let flushed = "SELECT FROM ecommerce.stream_progress WHERE task = 1 AND is_flushed"
    try trial.wait(for: job) { try connection.query(flushed).count == 1 }
    try cluster.restart(.immediate, of: trial)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try trial.query(flushed).count == 1)
    try trial.expectLaw()
    try trial.expectTruth()
  }

  @Test func `an interrupt while the database is away ends the job in time`() throws {
    let cluster = try TemporaryCluster(isDurable: true)
    defer { cluster.remove() }
    let trial = try JobTrial(address: cluster.start())
    try trial.migrate()
    try trial.generate(events: 20_000, partitions: 2, seed: 45, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.5)
    let job = try trial.startJob(Self.settings)
    try trial.wait(for: job) { try trial.committedRecords() == feed.lineCount }
    try cluster.stop()
    try feed.deliver(upTo: 1)
    try trial.wait(for: job) { try job.errorsSoFar().contains("retrying with backoff") }
    let request = ContinuousClock.now
    job.send(SIGTERM)
    let outcome = try job.wait()
    // The job gives up after 5 s; the rest is for a machine under load.
    #expect(ContinuousClock.now - request < .seconds(15))
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("nothing is lost: the next run does what"), "\(outcome.errors)")
    try cluster.start()
    try trial.expectLaw()
    try trial.expectRightEnd()
  }

  @Test func `connections that the server ends are made again`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 150_000, partitions: 4, seed: 42, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.1)
    let job = try trial.startJob(Self.settings)
    try trial.wait(for: job) { try trial.commitCount() > 0 }
    var ended = 0
    for share in stride(from: 0.15, through: 1, by: 0.05) {
      try feed.deliver(upTo: share)
      usleep(30_000)
      ended += try trial.endConnections()
    }
    #expect(ended > 0)
    try trial.wait(for: job) { try trial.committedRecords() == feed.lineCount }
    job.send(SIGTERM)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectLaw()
    try trial.expectRightEnd()
  }

  @Test func `connections may end while the state is rebuilt`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 150_000, partitions: 2, seed: 43, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.9)
    // Long windows make for much to rebuild.
    let settings = ["--watermark", "8h"]
    let first = try trial.runJob(settings)
    #expect(first.exitCode == 0, "\(first.errors)")
    try feed.deliver(upTo: 1)
    let job = try trial.startJob(settings + ["--until-end"])
    let generations = "SELECT sum(generation) FROM ecommerce.stream_progress"
    try trial.wait(for: job) { try trial.query(generations) != [["2"]] }
    for _ in 0..<5 {
      _ = try trial.endConnections()
      usleep(20_000)
    }
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectLaw()
    try trial.expectTruth()
  }
}

extension JobTrial {
  /// Makes the tables before there is a job.
  fileprivate func migrate() throws {
    let outcome = try start("stream-job", ["migrate"]).wait()
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
  }

  /// Ends the job's connections to this database; returns how many there were.
  fileprivate func endConnections() throws -> Int {
    try query(
      """
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'firstclick sink'
      """
    ).count
  }
}

extension TemporaryCluster {
  /// An immediate stop is a crash to the server: the next start recovers.
  fileprivate func restart(_ stop: ServerOutageTests.Stop, of trial: JobTrial) throws {
    switch stop {
    case .fast:
      try self.stop()
    case .immediate:
      kill(try serverProcessID(), SIGQUIT)
      while FileManager.default.fileExists(atPath: "\(directory)/data/postmaster.pid") {
        usleep(10_000)
      }
    case .killedBackend:
      return try killBackend(of: trial)
    }
    try start()
  }

  /// Kills a session of the job, and waits until the server has recovered from it.
  ///
  /// The server takes a moment to notice and accepts connections meanwhile, so another session tells
  /// when it has: the recovery begins with the end of them all.
  private func killBackend(of trial: JobTrial) throws {
    let witness = try PostgresConnection(trial.address)
    defer { witness.close() }
    let rows = try witness.query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'firstclick sink' LIMIT 1"
    )
    let session = try #require(rows.first?.first.flatMap(\.self).flatMap { pid_t($0) })
    try #require(kill(session, SIGKILL) == 0)
    let deadline = ContinuousClock.now + .seconds(120)
    while (try? witness.query("SELECT pg_sleep(0.01)")) != nil {
      try #require(ContinuousClock.now < deadline, "the server has not noticed")
    }
    while true {
      do throws(ConnectorError) {
        return try PostgresConnection(trial.address).close()
      } catch {
        guard error.kind == .transient, ContinuousClock.now < deadline else { throw error }
        usleep(10_000)
      }
    }
  }

  /// The process that the server's others are children of.
  func serverProcessID() throws -> pid_t {
    let text = try String(contentsOfFile: "\(directory)/data/postmaster.pid", encoding: .utf8)
    return try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
  }
}
