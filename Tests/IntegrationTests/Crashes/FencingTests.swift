import Foundation
import TestSupport
import Testing

/// Several jobs on one log and database: the newest owns the tasks.
@Suite struct FencingTests {
  private static let settings = ["--commit-interval", "5ms", "--commit-size", "64KiB"]

  @Test func `a second job takes over and the first ends saying so`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 150_000, partitions: 4, seed: 21, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.3)
    let first = try trial.startJob(Self.settings + ["--workers", "1"])
    try trial.wait(for: first) { try trial.commitCount() >= 4 }
    let second = try trial.startJob(Self.settings)
    // The log grows while the tasks change hands, so that the first has something to commit.
    var share = 0.3
    try trial.wait(for: second) {
      share = min(share + 0.02, 0.9)
      try feed.deliver(upTo: share)
      return try trial.tasks(of: second) == 4
    }
    try feed.deliver(upTo: 1)
    try expectFenced(first)
    try trial.wait(for: second) { try trial.committedRecords() == feed.lineCount }
    try expectDrained(second)
    try trial.expectLaw()
    try trial.expectRightEnd()
  }

  @Test func `a job that had nothing left to write is fenced by its next commit`() throws {
    let trial = try JobTrial()
    try trial.generate(events: 20_000, partitions: 2, seed: 22, to: "whole")
    let feed = try LogFeed(from: "whole", to: "log", in: trial.directory)
    try feed.deliver(upTo: 0.4)
    let first = try trial.startJob(Self.settings)
    try trial.wait(for: first) { try trial.committedRecords() == feed.lineCount }
    let second = try trial.startJob(Self.settings)
    try trial.wait(for: second) { try trial.tasks(of: second) == 2 }
    try feed.deliver(upTo: 0.7)
    try expectFenced(first)
    try trial.wait(for: second) { try trial.committedRecords() == feed.lineCount }
    try expectDrained(second)
    try trial.expectLaw()
    try feed.deliver(upTo: 1)
    try trial.expectRightEnd()
  }

  @Test func `jobs started at once end well or fenced, and the answers are right`() throws {
    let trial = try JobTrial(address: TemporaryCluster.emptyDatabase())
    try trial.generate(events: 60_000, partitions: 4, seed: 23)
    let jobs = try (0..<3).map { _ in
      try trial.startJob(Self.settings + ["--until-end", "--workers", "2"])
    }
    for job in jobs {
      let outcome = try job.wait()
      #expect(
        outcome.exitCode == 0 || outcome.errors.contains("was taken over by another worker"),
        "\(outcome.errors)"
      )
    }
    try trial.expectLaw()
    try trial.expectRightEnd()
  }

  private func expectDrained(_ job: ProgramRun) throws {
    job.send(SIGTERM)
    let outcome = try job.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
  }

  private func expectFenced(_ job: ProgramRun) throws {
    let outcome = try job.wait()
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("was taken over by another worker"), "\(outcome.errors)")
    #expect(outcome.errors.contains("Let one job at a time feed a database."))
  }
}

extension JobTrial {
  /// How many tasks the job owns.
  fileprivate func tasks(of job: ProgramRun) throws -> Int {
    try query(
      "SELECT FROM ecommerce.stream_progress WHERE owner LIKE '%:\(job.processID)'"
    ).count
  }
}
