import Foundation
import TestSupport
import Testing

/// Generator, broker, workers and database as processes, with nothing going wrong.
@Suite(.mostlyWaits) struct KafkaWorkersTests {
  @Test(arguments: 1...3)
  func `workers that run to the end share the log and have its answers right`(count: Int) throws {
    let trial = try KafkaTrial(brokers: count)
    try trial.generate(events: 30_000, seed: 60 + count)
    let workers = try (0..<count).map { _ in try trial.startWorker(["--until-end"]) }
    for worker in workers {
      let outcome = try worker.wait()
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }
    let verdict = try trial.job.expectLaw()
    #expect(verdict.pending == 0)
    try trial.job.expectTruth()
  }

  @Test func `workers share the tasks of a growing log, and one that is stopped leaves`() throws {
    let trial = try KafkaTrial()
    let first = try trial.startWorker()
    try trial.waitForEvenTasks([first])
    let second = try trial.startWorker()
    try trial.waitForEvenTasks([first, second])
    try trial.generate(events: 20_000, seed: 64)
    try trial.job.wait(for: first) { try trial.job.committedRecords() > 10_000 }
    let request = ContinuousClock.now
    try trial.stop([second])
    #expect(ContinuousClock.now - request < .seconds(10))
    try trial.waitForEvenTasks([first])
    let status = try trial.job.start("stream-job", ["status", "--from", trial.uri]).wait()
    #expect(status.output.contains("held by "))
    #expect(status.output.contains(":\(first.processID), "))
    try trial.stop([first])
    try trial.expectRightEnd()
  }

  @Test func `jobs with databases of their own each read the whole log`() throws {
    let trial = try KafkaTrial()
    try trial.generate(events: 10_000, seed: 65)
    let other = try JobTrial(address: TemporaryCluster.database())
    let first = try trial.startWorker(["--until-end"])
    let second = try other.start("stream-job", ["run", "--from", trial.uri, "--until-end"])
    for worker in [first, second] {
      let outcome = try worker.wait()
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }
    let verdict = try trial.job.expectLaw()
    #expect(try other.expectLaw().records == verdict.records)
    try trial.job.expectTruth()
  }

  @Test func `rows for a file come from one worker with all tasks`() throws {
    let trial = try KafkaTrial()
    try trial.generate(events: 10_000, seed: 66)
    let outcome = try trial.startWorker(["--until-end", "--into", "csv:out"]).wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    func lines(_ file: String) throws -> [Substring] {
      let url = trial.job.directory.url.appending(path: file)
      return try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    }
    // Files take no corrections: checkouts that came late are listed, and not answered.
    let late = try lines("out/late_events.csv").count { $0.hasPrefix("checkouts,") }
    let answered = try lines("out/attributed_checkouts.csv").count
    #expect(try answered + late == lines("truth.csv").count)
  }
}
