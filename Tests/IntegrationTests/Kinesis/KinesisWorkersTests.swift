import Connect
import Dataflow
import Foundation
import TestSupport
import Testing

/// Streams, workers and database, with workers as processes.
@Suite(.mostlyWaits) struct KinesisWorkersTests {
  @Test(arguments: 1...3)
  func `workers that run to the end share the streams and have its answers right`(
    count: Int
  ) throws {
    let trial = try KinesisTrial()
    try trial.generate(events: 20_000, seed: 70 + count)
    try trial.deliver()
    let workers = try (0..<count).map { _ in try trial.startWorker(["--until-end"]) }
    for worker in workers {
      let outcome = try worker.wait()
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
    }
    try trial.expectRightRows()
  }

  @Test(arguments: 0..<3)
  func `splits, merges and a service in trouble change no answer`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let trial = try KinesisTrial()
    try trial.generate(events: 20_000, seed: 80 + seed)
    trial.kinesis.withState { state in
      state.pageLimit = 300
      state.emptyPages = 7
    }
    trial.kinesis.onCall { call in
      guard call.action == "GetRecords" || call.action == "GetShardIterator" else { return nil }
      return switch call.number % 40 {
      case 5: .throttle
      case 15: .internalFailure
      case 25: .resetAfter
      case 30: .cutAnswer
      case 35: .slow(.milliseconds(300))
      default: nil
      }
    }
    let worker = try trial.startWorker(JobTrial.smallCommits)
    for step in 1...10 {
      try trial.deliver(upTo: Double(step) / 10)
      trial.reshard(using: &random)
      if step.isMultiple(of: 3) { trial.kinesis.withState { $0.expireIterators() } }
      if step.isMultiple(of: 4) {
        let before = try trial.job.committedRecords()
        try trial.job.wait(for: worker) { try trial.job.committedRecords() > before }
      }
    }
    try trial.job.wait(for: worker) { try trial.job.committedRecords() > 15_000 }
    try trial.job.expectLaw()
    try trial.stop([worker])
    try trial.expectRightEnd()
  }

  @Test func `what the generator writes at full speed comes late nowhere, though shards are slow`()
    throws
  {
    let trial = try KinesisTrial(clicks: 4, checkouts: 3)
    trial.kinesis.onCall { call in
      guard call.action == "PutRecords" else { return nil }
      return switch call.number % 40 {
      case 3: .throttle
      case 16: .slow(.milliseconds(20))
      case 29: .failRecords({ $0 % 2 == 0 }, code: "InternalFailure")
      default: nil
      }
    }
    let generator = try trial.job.start(
      "generator",
      [
        "--to", trial.uri, "--events", "2000", "--seed", "3", "--span", "3h", "--users", "300",
        "--max-speed",
      ],
      environment: trial.kinesis.environment
    ).wait()
    #expect(generator.exitCode == 0, "\(generator.errors)")
    let outcome = try trial.startWorker(["--until-end"]).wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    try trial.job.expectLaw()
    let counts = try trial.job.query(
      """
      SELECT sum(clicks_records + checkouts_records), sum(clicks_late + checkouts_late)
      FROM ecommerce.stream_progress
      """
    )
    #expect(counts == [["2000", "0"]])
  }

  @Test func `workers share the tasks of growing streams, and one that is stopped leaves`() throws {
    let trial = try KinesisTrial()
    try trial.generate(events: 20_000, seed: 90)
    let first = try trial.startWorker()
    try trial.waitForEvenTasks([first])
    let second = try trial.startWorker()
    try trial.waitForEvenTasks([first, second])
    try trial.deliver(upTo: 0.7)
    try trial.job.wait(for: first) { try trial.job.committedRecords() > 10_000 }
    try trial.stop([second])
    try trial.waitForEvenTasks([first])
    try trial.deliver()
    let status = try trial.start(["status", "--from", trial.uri]).wait()
    #expect(status.output.contains("held by "))
    #expect(status.output.contains(":\(first.processID), "))
    #expect(status.output.contains("shardId-000000000000:4959"))
    try trial.stop([first])
    try trial.expectRightEnd()
  }

  @Test func `a stream that is read to its end and silent holds the other back no longer`() throws {
    let trial = try KinesisTrial()
    let worker = try trial.startWorker(["--idle-timeout", "2s", "--no-future-guard"])
    // No click ever comes: without the idle time-out the checkouts would wait for one for ever.
    try trial.kinesis.withState { state in
      for (user, time) in [("u", "10:00"), ("u", "11:00"), ("v", "10:30"), ("w", "12:00")] {
        let event =
          #"{"event_id": "\#(user)\#(time)", "user_id": "\#(user)", "#
          + #""timestamp": "2025-01-01T\#(time):00Z", "total_amount": 5}"#
        _ = try state.store(
          Array(event.utf8),
          partitionKey: user,
          in: "shop-checkouts",
          at: .wallClock
        )
      }
    }
    try trial.job.wait(for: worker) {
      // Of u only the earlier one is behind its slice's watermark.
      let rows = try trial.job.query(
        "SELECT checkout_id FROM ecommerce.attributed_checkouts WHERE is_final"
      )
      return rows.contains(["u10:00"])
    }
    try trial.stop([worker])
    try trial.job.expectLaw()
  }

  @Test(arguments: 0..<2)
  func `a worker that is killed is replaced by the others`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let trial = try KinesisTrial()
    try trial.generate(events: 20_000, seed: 95 + seed)
    var workers = try (0..<2).map { _ in try trial.startWorker(JobTrial.smallCommits) }
    try trial.waitForEvenTasks(workers)
    for step in 1...4 {
      try trial.deliver(upTo: Double(step) / 5)
      let before = try trial.job.committedRecords()
      try trial.job.wait(for: workers[0]) { try trial.job.committedRecords() > before + 500 }
      trial.reshard(using: &random)
      let victim = workers.remove(at: Int.random(in: 0..<2, using: &random))
      victim.send(SIGKILL)
      #expect(try victim.wait().exitCode == 128 + SIGKILL)
      try trial.job.expectLaw()
      workers.append(try trial.startWorker(JobTrial.smallCommits))
    }
    try trial.deliver()
    try trial.waitForEvenTasks(workers)
    try trial.stop(workers)
    try trial.expectRightEnd()
  }

  @Test func `a worker that freezes is fenced, and takes part again when it wakes`() throws {
    let trial = try KinesisTrial()
    try trial.generate(events: 20_000, seed: 99)
    let frozen = try trial.startWorker(JobTrial.smallCommits)
    try trial.waitForEvenTasks([frozen])
    try trial.deliver(upTo: 0.3)
    try trial.job.wait(for: frozen) { try trial.job.committedRecords() > 2000 }
    frozen.send(SIGSTOP)
    let heir = try trial.startWorker(JobTrial.smallCommits)
    try trial.waitForEvenTasks([heir])
    try trial.deliver(upTo: 0.6)
    try trial.job.wait(for: heir) { try trial.job.committedRecords() > 10_000 }
    frozen.send(SIGCONT)
    try trial.waitForEvenTasks([frozen, heir])
    try trial.deliver()
    try trial.job.expectLaw()
    try trial.stop([frozen, heir])
    try trial.expectRightEnd()
  }
}
