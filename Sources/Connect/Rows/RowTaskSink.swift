import Attribution
import Dataflow

/// The task's end of a sink that is appended to: no takeover, no positions, no late corrections.
final class RowTaskSink<Format: RowFormat>: TaskSink {
  private let task: Int
  private let format: Format
  private let tables: Set<OutputTable>
  private let write: (OutputTable, UnsafeRawBufferPointer) throws(ConnectorError) -> Void
  private let committed: (_ checkouts: Int64, _ isFlushed: Bool) throws(ConnectorError) -> Void
  private let closed: () -> Void

  /// - Parameters:
  ///   - task: for the rows that name it.
  ///   - format: of the rows.
  ///   - tables: which rows are written.
  ///   - write: appends rows to a table.
  ///   - committed: called after the rows of a commit, with how many checkouts they answer and
  ///     whether they are those of the end of input.
  ///   - closed: called when the task is done with the sink, whatever the reason.
  init(
    task: Int,
    format: Format,
    tables: Set<OutputTable>,
    write: @escaping (OutputTable, UnsafeRawBufferPointer) throws(ConnectorError) -> Void,
    committed: @escaping (_ checkouts: Int64, _ isFlushed: Bool) throws(ConnectorError) -> Void,
    closed: @escaping () -> Void
  ) {
    self.task = task
    self.format = format
    self.tables = tables
    self.write = write
    self.committed = committed
    self.closed = closed
  }

  func open() -> TaskProgress? { nil }

  func droppedTimes(_ stream: StreamKind, since horizon: EventTime) -> [[UInt8]: Set<EventTime>] {
    [:]
  }

  func resentPlaces(_ stream: StreamKind, since horizon: EventTime) -> [[UInt8]: Set<String>] {
    [:]
  }

  func answeredIDs(among checkouts: [UnsafeRawBufferPointer]) -> Set<[UInt8]> { [] }

  func makeEpoch() -> any Epoch { RowEpoch(task: task, format: format, tables: tables) }

  func commit(
    _ epoch: any Epoch,
    progress: TaskProgress
  ) throws(ConnectorError) -> CommitReceipt {
    let epoch = own(epoch)
    for table in OutputTable.allCases where !epoch.rows(of: table).isEmpty {
      try write(table, epoch.rows(of: table))
    }
    try committed(epoch.answerCount, progress.isFlushed)
    return epoch.receipt
  }

  func recycle(_ epoch: any Epoch) { own(epoch).removeAll() }

  func close() { closed() }

  private func own(_ epoch: any Epoch) -> RowEpoch<Format> {
    guard let own = epoch as? RowEpoch<Format> else {
      preconditionFailure("epoch of another sink: \(type(of: epoch))")
    }
    return own
  }
}
