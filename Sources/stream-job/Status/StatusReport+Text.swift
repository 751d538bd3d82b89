import PostgresConnect
import Programs

extension StatusReport {
  /// For people: three lines a task, then the totals.
  var text: String {
    let heading = [database] + (failedJob.map { ["the job in the background failed: \($0)"] } ?? [])
    guard !tasks.isEmpty else {
      return (heading + ["no worker has taken a task yet"]).joined(separator: "\n")
    }
    let read = reads.map { "  \($0.stream == "clicks" ? "clicks   " : $0.stream) \($0.line)" }
    let lines =
      heading + tasks.flatMap(\.lines) + total.lines
      + (read.isEmpty ? [] : ["read of the log, by all workers:"] + read)
    return lines.joined(separator: "\n")
  }
}

extension StatusReport.Task {
  fileprivate var lines: [String] {
    var state = "watermark \(watermark ?? "-")"
    if isFlushed { state += ", flushed at the end of the log" }
    if let heldBackBy { state += ", held back by \(heldBackBy)" }
    let commit = secondsSinceCommit.map { "committed \(ago($0))" } ?? "no commit yet"
    let worker = isHeld ? "held by \(owner)" : "not running, last held by \(owner)"
    let lines = [
      "task \(task): \(state)",
      "  \(worker), \(Figures.grouped(Int64(recordsPerSecond)))/s, "
        + "\(commit), generation \(generation), epoch \(epoch)",
      "  clicks    \(clicks.line)",
      "  checkouts \(checkouts.line)",
    ]
    let skipped = GapCount(gaps: gaps, records: gapRecords).text
    let stopped = stop.map { "STOPPED \(ago($0.secondsSinceStop)): \($0.reason)" }
    return lines + [stopped, skipped].compactMap(\.self).map { "  \($0)" }
  }
}

extension StatusReport.Input {
  private var lag: String {
    lagUnknown.map { "lag unknown: \($0)" }
      ?? lagText(records: lagRecords, bytes: lagBytes, milliseconds: lagMilliseconds)
  }

  fileprivate var line: String {
    "at \(position ?? "the beginning"), \(lag), "
      + "watermark \(watermark ?? "-")"
  }
}

extension StatusReport.Total {
  fileprivate var lines: [String] {
    let seconds = lagSeconds.map { ", watermark \(ago($0))" } ?? ""
    let stopped = stoppedTasks > 0 ? ", \(stoppedTasks) of \(tasks) tasks STOPPED" : ""
    return [
      "total: \(Figures.grouped(Int64(recordsPerSecond)))/s, "
        + lagText(records: lagRecords, bytes: lagBytes, milliseconds: lagMilliseconds) + seconds
        + stopped,
      "  clicks    \(clicks.line)",
      "  checkouts \(checkouts.line)",
    ]
  }
}

extension StatusReport.Counts {
  fileprivate var line: String {
    "\(Figures.grouped(records)) read (\(Figures.bytes(bytes))) = \(Figures.grouped(stored)) stored "
      + "+ \(Figures.grouped(duplicates)) duplicates + \(Figures.grouped(deadLetters)) dead letters; "
      + "\(Figures.grouped(late)) late, \(Figures.grouped(lateDropped)) of them dropped"
  }
}

private func lagText(records: Int64?, bytes: Int64?, milliseconds: Int64?) -> String {
  if let milliseconds {
    return milliseconds > 0
      ? "\(Figures.duration(.milliseconds(milliseconds))) behind at most" : "at its end"
  }
  let count = records.map { "\(Figures.grouped($0)) records" }
  let size = bytes.map(Figures.bytes)
  switch (count, size) {
  case (nil, nil): return "lag unknown"
  case _ where (records ?? bytes) == 0: return "at its end"
  case (let count?, let size?): return "\(count) (\(size)) behind"
  default: return "\(count ?? size ?? "") behind"
  }
}

private func ago(_ seconds: Double) -> String {
  seconds < 0 ? "ahead of the clock" : "\(Figures.duration(.seconds(seconds))) ago"
}
