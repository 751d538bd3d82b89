package import Attribution
import Synchronization

/// Final answers as JSON lines, into standard output or a file, as soon as they are final.
///
/// One object per checkout with the columns of `attributed_checkouts`. It keeps no positions: every
/// run starts at the beginning of the log, and a file is replaced.
package final class JSONLinesSink: Sink {
  private let output: RowFile
  private let rows = Mutex(AppendedRows())

  /// - Parameter file: nil is standard output.
  /// - Throws: when the file cannot be made.
  package init(file: String?) throws(ConnectorError) {
    output = if let file { try RowFile(path: file) } else { RowFile() }
  }

  package var acceptsRevisions: Bool { false }

  package var appendedRows: AppendedRows? { rows.withLock { $0 } }

  package func makeTask(
    _ task: Int,
    source identity: String,
    rule: AttributionRule
  ) throws(ConnectorError) -> any TaskSink {
    rows.withLock { $0.unfinishedTasks += 1 }
    return RowTaskSink(
      task: task,
      format: JSONLinesFormat(),
      tables: [.attributed],
      write: { [output] _, rows throws(ConnectorError) in try output.write(rows) },
      committed: { [self] checkouts, isFlushed in
        rows.withLock {
          $0.checkouts += checkouts
          if isFlushed { $0.unfinishedTasks -= 1 }
        }
      },
      closed: {}
    )
  }
}
