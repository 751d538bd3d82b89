import Attribution
package import Connect
import Dataflow
import Events
import FileInput
package import PostgresConnect
import Synchronization

/// The tables of the stream, filled in one transaction: raw rows, answers, dead letters, progress.
///
/// Unchecked: any thread may send, under the lock, and make rows, which touches nothing of the load;
/// the job publishes or discards once its threads have ended.
package final class DatabaseOutput: AttributionOutput, @unchecked Sendable {
  private let load: PostgresLoad
  private let lock = Mutex(())
  /// The partition whose rows are next.
  private let turn = Gate(0)

  /// - Parameter load: that has begun.
  package init(_ load: PostgresLoad) { self.load = load }

  package var storesRecords: Bool { true }

  package func makeRows() -> any OutputRows { load.makeRows() }

  package func write(rejects rows: any OutputRows) throws(ConnectorError) { try send(rows) }

  package func write(_ rows: any OutputRows, of partition: Int) throws(ConnectorError) {
    try turn.wait { $0 == partition ? () : nil }
    try send(rows)
    try turn.update { $0 += 1 }
  }

  package func fail(_ error: ConnectorError) { turn.fail(error) }

  package func publish(_ summary: AttributionJob.Summary) throws(ConnectorError) {
    var progress = TaskProgress()
    progress.clicks.counts = summary.clicks.counts
    progress.checkouts.counts = summary.checkouts.counts
    try load.commit(progress)
    load.close()
  }

  package func discard() { load.close() }

  private func send(_ rows: any OutputRows) throws(ConnectorError) {
    guard let rows = rows as? LoadRows else { preconditionFailure("rows of another output") }
    try lock.withLock { _ throws(ConnectorError) in try load.send(rows) }
  }
}

extension LoadRows: OutputRows {}

extension AttributionJob.StreamCounts {
  /// As `stream_progress` has them.
  fileprivate var counts: TaskProgress.Counts {
    var counts = TaskProgress.Counts()
    counts.records = events + badRows
    counts.stored = events - duplicates
    counts.duplicates = duplicates
    counts.deadLetters = badRows
    counts.bytes = bytes
    return counts
  }
}
