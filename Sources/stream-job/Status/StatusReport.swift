import Connect
import Dataflow
import Foundation
import PostgresConnect
import Programs

/// Where a job stands: its tasks, and their sums.
struct StatusReport: Encodable {
  struct Input: Encodable {
    /// The next record to read; nil at the beginning of the log.
    var position: String?
    /// Greatest event time read less the watermark's delay; nil before the first event.
    var watermark: String?
    /// Nil where it cannot be measured.
    var lagBytes: Int64?
    /// The one is measured; the other follows by the average record read so far, once one was.
    var lagRecords: Int64?
    /// Age of the oldest record that is not read yet, at most; of logs whose positions do not count.
    var lagMilliseconds: Int64?
    /// Why it cannot be measured; nil where it was.
    var lagUnknown: String?
    var counts: Counts
  }

  struct Counts: Encodable {
    var records: Int64 = 0
    var stored: Int64 = 0
    var duplicates: Int64 = 0
    var deadLetters: Int64 = 0
    var late: Int64 = 0
    var lateDropped: Int64 = 0
    var bytes: Int64 = 0
  }

  struct Task: Encodable {
    var task: Int
    var source: String
    var owner: String
    /// False when no worker has the task.
    var isHeld: Bool
    var generation: Int64
    var epoch: Int64
    var isFlushed: Bool
    var watermark: String?
    /// Wall clock now less the watermark; nil before the first event and when flushed.
    var lagSeconds: Double?
    /// The input with the smaller watermark; nil when they are equal or the task is flushed.
    var heldBackBy: String?
    var recordsPerSecond: Double
    /// Nil before the first.
    var lastCommit: String?
    var secondsSinceCommit: Double?
    /// Gaps of the log that were skipped, and their records; nil where not all of them tell.
    var gaps: Int
    var gapRecords: Int?
    /// That it was stopped alone; nil when it was not, or was opened again since.
    var stop: Stop?
    var clicks: Input
    var checkouts: Input
  }

  struct Stop: Encodable {
    var stoppedAt: String
    var secondsSinceStop: Double
    /// Why, and what to do.
    var reason: String
  }

  struct Total: Encodable {
    var tasks = 0
    var stoppedTasks = 0
    var lagBytes: Int64?
    var lagRecords: Int64?
    /// Of the input that is furthest behind.
    var lagMilliseconds: Int64?
    /// Of the task that is furthest behind.
    var lagSeconds: Double?
    var recordsPerSecond = 0.0
    /// Of the task that has committed last; nil before the first commit.
    var secondsSinceCommit: Double?
    var clicks = Counts()
    var checkouts = Counts()
  }

  var database: String
  /// The job that `start` had left running in this directory, if it has failed.
  var failedJob: BackgroundEnd?
  var tasks: [Task]
  var total: Total
  /// By stream; empty for logs whose parts are not counted.
  var reads: [Reads]

  init(
    _ samples: [ThroughputSampler.Sample],
    parts: [PartStatus],
    endedJob: BackgroundEnd?,
    database: String,
    lag: inout LagMeter
  ) throws(ConnectorError) {
    self.database = database
    failedJob = endedJob.flatMap { $0.isFailure ? $0 : nil }
    reads = StreamKind.allCases.compactMap { Reads(of: $0, parts) }
    tasks = []
    for sample in samples { tasks.append(try Task(sample, lag: &lag)) }
    total = Total(tasks)
  }
}

extension StatusReport.Task {
  fileprivate init(
    _ sample: ThroughputSampler.Sample,
    lag: inout LagMeter
  ) throws(ConnectorError) {
    let status = sample.status
    let progress = status.progress
    task = status.task
    source = status.source
    owner = status.owner
    isHeld = status.isHeld
    gaps = status.gaps.gaps
    gapRecords = status.gaps.records
    stop = status.stop.map {
      StatusReport.Stop(
        stoppedAt: $0.stoppedAt,
        secondsSinceStop: $0.secondsSince,
        reason: $0.reason
      )
    }
    generation = status.generation
    epoch = status.epoch
    // What an earlier run has flushed says nothing of a log that has lost records since.
    isFlushed = progress.isFlushed && stop == nil
    watermark = progress.watermark.text
    // At the end of the log nothing is waited for.
    lagSeconds = isFlushed ? nil : progress.watermark.secondsAgo
    heldBackBy = isFlushed ? nil : status.heldBackBy?.rawValue
    recordsPerSecond = sample.recordsPerSecond
    lastCommit = status.lastCommit?.committedAt
    secondsSinceCommit = status.lastCommit?.secondsSince
    clicks = StatusReport.Input(progress.clicks, lag: try lag.measure(.clicks, of: status))
    checkouts = StatusReport.Input(progress.checkouts, lag: try lag.measure(.checkouts, of: status))
  }
}

extension StatusReport.Input {
  fileprivate init(_ input: TaskProgress.Input, lag: Result<Lag, ConnectorError>) {
    position = input.position?.token
    watermark = input.watermark.text
    counts = StatusReport.Counts(input.counts)
    switch lag {
    case .success(let lag): take(lag, recordByteCount: input.counts.averageByteCount)
    case .failure(let error): lagUnknown = error.message
    }
  }

  /// Lays the lag down in bytes and records, where the average record is known; nil before the first.
  private mutating func take(_ lag: Lag, recordByteCount: Double?) {
    switch lag.unit {
    case .bytes:
      lagBytes = lag.amount
      lagRecords = Self.estimate(lag.amount) { amount in
        recordByteCount.map { (amount / $0).rounded(.up) }
      }
    case .messages:
      lagBytes = Self.estimate(lag.amount) { amount in
        recordByteCount.map { (amount * $0).rounded() }
      }
      lagRecords = lag.amount
    case .milliseconds: lagMilliseconds = lag.amount
    }
  }

  /// Nothing is nothing in any unit.
  private static func estimate(_ amount: Int64, by rule: (Double) -> Double?) -> Int64? {
    amount == 0 ? 0 : rule(Double(amount)).map { Int64($0) }
  }
}

extension TaskProgress.Counts {
  /// Of the records read so far; nil before the first.
  fileprivate var averageByteCount: Double? {
    records > 0 ? max(Double(bytes) / Double(records), 1) : nil
  }
}

extension StatusReport.Counts {
  fileprivate init(_ counts: TaskProgress.Counts) {
    records = counts.records
    stored = counts.stored
    duplicates = counts.duplicates
    deadLetters = counts.deadLetters
    late = counts.late
    lateDropped = counts.lateDropped
    bytes = counts.bytes
  }

  fileprivate mutating func add(_ other: Self) {
    records += other.records
    stored += other.stored
    duplicates += other.duplicates
    deadLetters += other.deadLetters
    late += other.late
    lateDropped += other.lateDropped
    bytes += other.bytes
  }
}

extension StatusReport.Total {
  fileprivate init(_ tasks: [StatusReport.Task]) {
    self.tasks = tasks.count
    stoppedTasks = tasks.count { $0.stop != nil }
    let inputs = tasks.flatMap { [$0.clicks, $0.checkouts] }
    lagBytes = Self.sum(inputs.map(\.lagBytes))
    lagRecords = Self.sum(inputs.map(\.lagRecords))
    lagMilliseconds = inputs.compactMap(\.lagMilliseconds).max()
    lagSeconds = tasks.compactMap(\.lagSeconds).max()
    secondsSinceCommit = tasks.compactMap(\.secondsSinceCommit).min()
    for task in tasks {
      recordsPerSecond += task.recordsPerSecond
      clicks.add(task.clicks.counts)
      checkouts.add(task.checkouts.counts)
    }
  }

  /// Nil as soon as one is.
  private static func sum(_ lags: [Int64?]) -> Int64? {
    lags.reduce(0) { sum, lag in sum.flatMap { sum in lag.map { sum + $0 } } }
  }
}

extension EventTime {
  fileprivate var text: String? { self == .beginning ? nil : Figures.time(self) }

  fileprivate var secondsAgo: Double? {
    guard self != .beginning, self != .endOfInput else { return nil }
    return Date().timeIntervalSince1970 - Double(microseconds) / 1_000_000
  }
}
