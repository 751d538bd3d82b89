import Connect
import Foundation
import PostgresConnect

/// Reads the tasks' lines, and what was committed per second between two readings of them.
struct ThroughputSampler {
  struct Sample {
    var status: TaskStatus
    var recordsPerSecond: Double
  }

  /// A job that goes on commits more often than this.
  private static let liveliness = 5.0
  private static let interval = 1.0

  private let query: StatusQuery
  /// Nil before the first reading.
  private var former: [Int: TaskStatus]?
  private var formerTime = ContinuousClock.now

  init(_ query: StatusQuery) { self.query = query }

  /// Takes a second where a job seems to run, for the difference.
  mutating func sample() throws(ConnectorError) -> [Sample] {
    if former == nil {
      let tasks = try query.tasks()
      remember(tasks)
      let ages = tasks.compactMap(\.lastCommit?.secondsSince)
      guard ages.contains(where: { $0 < Self.liveliness }) else {
        return tasks.map { Sample(status: $0, recordsPerSecond: 0) }
      }
    }
    Thread.sleep(forTimeInterval: Self.interval)
    let tasks = try query.tasks()
    let seconds = (ContinuousClock.now - formerTime) / .seconds(1)
    let samples = tasks.map { task in
      let before = former?[task.task]?.records ?? task.records
      return Sample(status: task, recordsPerSecond: Double(task.records - before) / seconds)
    }
    remember(tasks)
    return samples
  }

  private mutating func remember(_ tasks: [TaskStatus]) {
    former = Dictionary(tasks.map { ($0.task, $0) }) { $1 }
    formerTime = .now
  }
}

extension TaskStatus {
  fileprivate var records: Int64 {
    progress.clicks.counts.records + progress.checkouts.counts.records
  }
}
