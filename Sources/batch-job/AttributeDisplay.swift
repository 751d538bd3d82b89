import Batch
import Foundation
import Programs
import Synchronization

/// Shows how an attribution does, on standard error: while it runs, and in one line at its end.
final class AttributeDisplay: Sendable {
  private static let refreshInterval = 0.1

  private let job: AttributionJob
  private let progress = Progress(of: "batch-job")
  private let isOver = Atomic(false)

  init(of job: AttributionJob) { self.job = job }

  /// Shows the job from another thread until `stop`.
  func start() {
    Thread.detachNewThread { [self] in
      while !isOver.load(ordering: .relaxed) {
        progress.update { text }
        Thread.sleep(forTimeInterval: Self.refreshInterval)
      }
    }
  }

  func stop() { isOver.store(true, ordering: .relaxed) }

  func finish(_ summary: AttributionJob.Summary) {
    stop()
    let badRows = job.badRows
    for sample in badRows.samples { Console.shared.write("batch-job: warning: \(sample.text)") }
    let rows = summary.clicks.events + summary.checkouts.events + Int64(badRows.count)
    let duplicates = summary.clicks.duplicates + summary.checkouts.duplicates
    let elapsed = progress.elapsed
    let rate = Double(rows) / max(elapsed / .seconds(1), 0.001)
    progress.finish(
      "\(Figures.grouped(rows)) events in \(Figures.duration(elapsed)), "
        + "\(Figures.grouped(Int64(rate)))/s: \(Figures.grouped(summary.answers)) checkouts answered, "
        + "\(Figures.grouped(summary.attributed)) attributed, "
        + "\(Figures.grouped(duplicates)) duplicates, "
        + "\(Figures.grouped(badRows.count)) rows that do not fit"
    )
  }

  /// Reading is told by bytes, answering by partitions; each takes about half of the time.
  private var text: String {
    let state = job.progress
    let seconds = max(progress.elapsed / .seconds(1), 0.001)
    guard state.readByteCount >= state.byteCount else {
      let rate = Double(state.readByteCount) / seconds
      let rest = Double(state.byteCount - state.readByteCount) / max(rate, 1)
      let percent = state.readByteCount * 100 / max(state.byteCount, 1)
      return "\(percent) % of \(Figures.bytes(state.byteCount)) read, "
        + "\(Figures.bytes(Int64(rate)))/s, \(Figures.duration(.seconds(rest))) left to read"
    }
    return "all \(Figures.bytes(state.byteCount)) read, "
      + "\(state.partitions * 100 / max(state.of, 1)) % answered"
  }
}
