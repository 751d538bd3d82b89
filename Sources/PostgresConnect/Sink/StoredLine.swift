import Connect

/// A task's line as it is stored.
struct StoredLine {
  var generation: Int64
  var epoch: Int64
  var progress: TaskProgress

  /// - Parameter row: generation, epoch, then `ProgressLine.selection`.
  init(_ row: [String?]) {
    generation = row[0].flatMap { Int64($0) } ?? 0
    epoch = row[1].flatMap { Int64($0) } ?? 0
    progress = ProgressLine.progress(from: row.dropFirst(2))
  }
}
