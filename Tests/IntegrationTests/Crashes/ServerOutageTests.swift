import Foundation
import PostgresConnect
import TestSupport
import Testing

/// A server that goes away under load and comes back, and connections that it ends.
@Suite struct ServerOutageTests {
  private static let settings = ["--commit-interval", "5ms", "--commit-size", "64KiB"]

  enum Stop: String, CaseIterable {
    case fast, immediate
  }

  @Test(arguments: Stop.allCases)
  func `the job waits out restarts of the server`(stop: Stop) throws {
    let cluster = try TemporaryCluster(isDurable: true)
    defer { cluster.remove() }
    let trial = try JobTrial(address: cluster.start())
    try trial.generate(events: 60_000, partitions: 4, seed: 41, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.1)
    let job = try trial.startJob(Self.settings)
    try trial.wait(for: job) {
      try PostgresConnection(trial.address).query(
        "SELECT to_regclass('ecommerce.stream_progress')"
      ) != [[nil]] && trial.commitCount() > 3
    }
    for share in [0.4, 0.7] {
      try feed.deliver(upTo: share)
      let commits = try trial.commitCount()
      try trial.wait(for: job) { try trial.commitCount() > commits }
      try cluster.restart(stop)
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

  @Test func `connections that the server ends are made again`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 150_000, partitions: 4, seed: 42)
    let job = try trial.startJob(Self.settings + ["--until-end"])
    try trial.wait(for: job) { try trial.commitCount() > 0 }
    var ended = 0
    while ended < 40, try trial.isUnfinished {
      ended += try trial.endConnections()
      usleep(30_000)
    }
    #expect(ended >= 10)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.expectLaw()
    try trial.expectTruth()
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
  /// The end of the log is not committed yet.
  fileprivate var isUnfinished: Bool {
    get throws {
      try query("SELECT FROM ecommerce.stream_progress WHERE NOT is_flushed").count > 0
    }
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
  fileprivate func restart(_ stop: ServerOutageTests.Stop) throws {
    switch stop {
    case .fast: try self.stop()
    case .immediate:
      let file = "\(directory)/data/postmaster.pid"
      let text = try String(contentsOfFile: file, encoding: .utf8)
      let server = try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
      kill(server, SIGQUIT)
      while FileManager.default.fileExists(atPath: file) { usleep(10_000) }
    }
    try start()
  }
}
