import Connect
import Dataflow
import Foundation
import Generation
import PostgresConnect
import Runtime

/// A job that goes on where another stopped, with 5 million clicks in its state: from its start
/// until every task has committed records that were new.
///
/// The state is rebuilt from the log; a job that was killed would leave no more than the one stopped
/// here, since nothing outside the database and the log is kept.
let recoveryBenchmarks = [
  Benchmark(name: "job.recover/5M-clicks", unit: .events) { context in
    let recovery = try JobRecovery(context)
    return Workload(
      count: recovery.clickCount,
      beforeRun: recovery.stopAndGrow,
      run: recovery.restart,
      cleanUp: recovery.stop
    )
  }
]

private final class JobRecovery {
  /// Clicks of one hour of event time, all within the window.
  let clickCount: Int
  private static let newEventCount = 20_000
  private let log: JobLog
  private let database: JobDatabase
  private var running: (job: StreamingJob, ended: DispatchSemaphore)?

  init(_ context: BenchmarkContext) throws {
    clickCount = context.scaled(5_000_000)
    let eventCount = clickCount * 6 / 5
    var plan = Plan(spreading: eventCount, over: .hours(1))
    plan.userCount = 100_000
    plan.eventCount = nil
    log = try JobLog("dense", plan, in: context)
    try log.write(eventCount)
    database = try JobDatabase.shared(in: context)
    try database.empty()
    try start()
    try wait { statistics in
      statistics.reduce(0) { $0 + $1.recordsRead } >= Int64(eventCount * 99 / 100)
        && statistics.allSatisfy { $0.clicks.lag == 0 && $0.checkouts.lag == 0 }
    }
  }

  /// Ends the job with all committed, then lets the log grow.
  func stopAndGrow() throws {
    stop()
    try log.write(Self.newEventCount)
  }

  /// The measured part.
  func restart() throws -> Outcome {
    let begin = ContinuousClock.now
    try start()
    try wait { $0.contains { $0.commits > 0 } }
    let first = begin.duration(to: .now)
    try wait { $0.allSatisfy { $0.commits > 0 } }
    let clicks = running?.job.statistics().reduce(0) { $0 + $1.bufferedClicks } ?? 0
    return Outcome(
      checksum: 0,
      figures: [
        .init(name: "s to the first commit", value: first / .seconds(1)),
        .init(name: "s to every task's", value: begin.duration(to: .now) / .seconds(1)),
        .init(name: "clicks in state", value: Double(clicks)),
      ]
    )
  }

  func stop() {
    running?.job.requestStop()
    running?.ended.wait()
    running = nil
  }

  private func start() throws {
    let job = try StreamingJob(
      reading: log,
      into: PostgresSink(database.address),
      untilEnd: false
    )
    let ended = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      try? job.run()
      ended.signal()
    }
    running = (job, ended)
  }

  /// Waits for the job's statistics to be so, at most five minutes.
  private func wait(until isSo: ([TaskStatistics]) -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(300)
    while let running, !isSo(running.job.statistics()) {
      guard ContinuousClock.now < deadline else { throw CocoaError(.userCancelled) }
      Thread.sleep(forTimeInterval: 0.001)
    }
  }
}
