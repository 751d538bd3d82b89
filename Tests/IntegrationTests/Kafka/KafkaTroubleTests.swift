import Foundation
import KafkaConnect
import TestSupport
import Testing

/// Brokers and databases that go wrong and come back, under load.
@Suite(.mostlyWaits) struct KafkaTroubleTests {
  @Test func `broker errors, a broker down and slow answers change no answer`() throws {
    let trial = try KafkaTrial(brokers: 3)
    let worker = try trial.startWorker()
    try trial.waitForEvenTasks([worker])
    let generator = try trial.startGenerator(events: 20_000, seed: 81, rate: 2500)
    for (request, error) in [
      (LocalBroker.Request.fetch, "NOT_LEADER_FOR_PARTITION"), (.fetch, "_TRANSPORT"),
      (.heartbeat, "COORDINATOR_LOAD_IN_PROGRESS"), (.offsetCommit, "NOT_COORDINATOR"),
      (.metadata, "LEADER_NOT_AVAILABLE"),
    ] {
      try trial.broker.fail(request, with: error, count: 3)
      usleep(200_000)
    }
    try trial.broker.setLatency(of: .all, to: .milliseconds(50))
    usleep(500_000)
    try trial.broker.setLatency(of: .all, to: .zero)
    try trial.broker.takeDown(.broker(2))
    usleep(2_000_000)
    try trial.broker.bringUp(.broker(2))
    let outcome = try generator.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.wait(for: worker) { try trial.job.committedRecords() > 19_000 }
    try trial.stop([worker])
    try trial.expectRightEnd()
  }

  @Test func `workers wait out a restart of the database under load`() throws {
    let cluster = try TemporaryCluster(isDurable: true)
    defer { cluster.remove() }
    let trial = try KafkaTrial(address: cluster.start())
    #expect(try trial.job.start("stream-job", ["migrate"]).wait().exitCode == 0)
    let workers = try (0..<2).map { _ in try trial.startWorker() }
    try trial.waitForEvenTasks(workers)
    let generator = try trial.startGenerator(events: 20_000, seed: 82, rate: 2500)
    try trial.job.wait(for: workers[0]) { try trial.job.committedRecords() > 2000 }
    try cluster.stop()
    usleep(500_000)
    try cluster.start()
    let outcome = try generator.wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.wait(for: workers[0]) { try trial.job.committedRecords() > 19_000 }
    try trial.stop(workers)
    try trial.expectRightEnd()
  }

  @Test(arguments: ["keeps", "loses"])
  func `a topic that is deleted while it is read ends the worker and says so`(
    tasks: String
  ) throws {
    let trial = try KafkaTrial()
    try trial.generate(events: 3000, seed: 83)
    let worker = try trial.startWorker()
    try trial.job.wait(for: worker) { try trial.job.committedRecords() > 2500 }
    try trial.broker.setError(ofTopic: "shop-clicks", to: "UNKNOWN_TOPIC_OR_PART")
    // Who joins a group again that is subscribed to nothing that exists is given nothing to read.
    if tasks == "loses" {
      try trial.broker.fail(.heartbeat, with: "REBALANCE_IN_PROGRESS", count: 1)
    }
    let outcome = try worker.wait()
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errorLines.last?.contains("was deleted while it was read") == true,
      "\(outcome.errors)"
    )
    try trial.job.expectLaw()
  }
}
