import Connect
import Dataflow

/// A task's line as it is stored.
struct StoredLine {
  var generation: Int64
  var epoch: Int64
  /// No stored event of the task has a greater time.
  var greatestEventTime: EventTime
  var progress: TaskProgress

  /// - Parameter row: generation, epoch, greatest event time, then `ProgressLine.selection`.
  init(_ row: [String?]) {
    generation = row[0].flatMap { Int64($0) } ?? 0
    epoch = row[1].flatMap { Int64($0) } ?? 0
    greatestEventTime = ProgressLine.time(row[2])
    progress = ProgressLine.progress(from: row.dropFirst(3))
  }
}
