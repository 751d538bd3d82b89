import Connect
import Dataflow
import Foundation
import Programs
import Runtime
import Synchronization

/// Shows how a running job does, on standard error: while it runs, and in one line at its end.
final class RunDisplay: Sendable {
  private static let refreshInterval = 0.1

  private let job: StreamingJob
  private let sink: any Sink
  private let lagUnit: LagUnit
  private let progress = Progress(of: "stream-job")
  private let isOver = Atomic(false)

  init(of job: StreamingJob, into sink: any Sink, lagUnit: LagUnit) {
    self.job = job
    self.sink = sink
    self.lagUnit = lagUnit
  }

  /// Shows the job from another thread until `finish`.
  func start() {
    Thread.detachNewThread { [self] in
      var meter = RateMeter()
      while !isOver.load(ordering: .relaxed) {
        meter.sample(job.recordsRead)
        progress.update { totals.progressText(at: meter.perSecond, lagUnit) }
        Thread.sleep(forTimeInterval: Self.refreshInterval)
      }
    }
  }

  func finish() {
    isOver.store(true, ordering: .relaxed)
    progress.finish(totals.summaryText(elapsed: progress.elapsed))
  }

  private var totals: Totals { Totals(of: job, into: sink, lagUnit: lagUnit) }
}

/// The figures of all tasks at work here together.
private struct Totals {
  private var counts = TaskProgress.Counts()
  /// Checkouts that have a row, or will have one that waits for its final answer; those that were
  /// dropped as late have none.
  private var checkouts: Int64 = 0
  /// By this run, tasks included that another worker has now.
  private let recordsRead: Int64
  private let hasTasks: Bool
  private var strayKeys: Int64 = 0
  private let throttledCalls: Int64
  private var lag: Int64 = 0
  /// Inputs whose lag is not known.
  private var unknownLags = 0
  private var watermark = Watermark.endOfInput
  private var isRetrying = false
  private var isUnanswered = false
  private var stoppedCount = 0

  init(of job: StreamingJob, into sink: any Sink, lagUnit: LagUnit) {
    let tasks = job.statistics()
    recordsRead = job.recordsRead
    throttledCalls = job.reads.reduce(0) { $0 + $1.throttledCalls }
    hasTasks = !tasks.isEmpty
    for task in tasks {
      for input in [task.clicks, task.checkouts] {
        counts.duplicates += input.counts.duplicates
        counts.late += input.counts.late
        counts.deadLetters += input.counts.deadLetters
        let inputLag = input.lag ?? 0
        lag = lagUnit == .milliseconds ? max(lag, inputLag) : lag + inputLag
        unknownLags += input.lag == nil ? 1 : 0
        strayKeys += input.strayKeys
      }
      checkouts += task.checkouts.counts.stored - task.checkouts.counts.lateDropped
      watermark = min(watermark, task.watermark)
      isRetrying = isRetrying || task.phase == .retrying
      isUnanswered = isUnanswered || task.phase == .unanswered
      stoppedCount += task.phase == .stopped ? 1 : 0
    }
    if let rows = sink.appendedRows { checkouts = rows.checkouts }
  }

  func progressText(at recordsPerSecond: Double, _ lagUnit: LagUnit) -> String {
    guard hasTasks else { return "\(Figures.grouped(recordsRead)) events, waiting for tasks" }
    return "\(Figures.grouped(recordsRead)) events, \(Figures.grouped(Int64(recordsPerSecond)))/s, "
      + "watermark \(Figures.time(watermark)), \(lagUnit.text(lag)) behind"
      + (unknownLags > 0 ? " (not known of \(unknownLags) inputs)" : "") + ", \(exceptions)"
      + (isRetrying ? ", out of reach, retrying: see the log" : "")
      + (isUnanswered ? ", waiting for a commit's answer: see the log" : "")
      + (stoppedCount > 0 ? ", \(stoppedCount) tasks stopped: see the log" : "")
  }

  /// The rate is of this run; the other figures count since the log's start.
  func summaryText(elapsed: Duration) -> String {
    let rate = Double(recordsRead) / max(elapsed / .seconds(1), 0.001)
    return "\(Figures.grouped(recordsRead)) events in \(Figures.duration(elapsed)), "
      + "\(Figures.grouped(Int64(rate)))/s; since the log's start: "
      + "\(Figures.grouped(checkouts)) checkouts answered, \(exceptions)"
  }

  private var exceptions: String {
    "\(Figures.grouped(counts.duplicates)) duplicates, \(Figures.grouped(counts.late)) late, "
      + "\(Figures.grouped(counts.deadLetters)) dead letters"
      + (strayKeys > 0 ? ", \(Figures.grouped(strayKeys)) keys that are not their user" : "")
      + (throttledCalls > 0 ? ", \(Figures.grouped(throttledCalls)) throttled calls" : "")
  }
}

extension LagUnit {
  fileprivate func text(_ lag: Int64) -> String {
    switch self {
    case .bytes: Figures.bytes(lag)
    case .messages: "\(Figures.grouped(lag)) messages"
    case .milliseconds: "\(Figures.duration(.milliseconds(lag)))"
    }
  }
}
