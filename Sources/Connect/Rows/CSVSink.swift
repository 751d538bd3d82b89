package import Attribution
import Foundation
import Synchronization

/// Final answers as CSV files, all of a bounded log in one go.
///
///     DIR/attributed_checkouts.csv      one row a checkout, columns of the table of that name
///     DIR/late_events.csv               events that came late, which change no answer; if any
///     DIR/dead_letters.csv              messages that are no events; if any
///     DIR/log_gaps.csv                  records that the log no longer had; if any
///
/// The files appear under their names when the last task has come to the end of the log: until then
/// they have temporary names, and a run that stops early leaves none and those of an earlier run as
/// they were. The next run replaces them.
package final class CSVSink: Sink {
  private struct State {
    var files: [OutputTable: RowFile] = [:]
    var openTasks = 0
    var rows = AppendedRows()
    /// Rows of checkouts in the files, whatever their name.
    var checkouts: Int64 = 0
  }

  private let directory: String
  private let state: Mutex<State>

  /// - Parameters:
  ///   - directory: made if it is missing.
  ///   - untilEnd: whether the run is bounded.
  /// - Throws: a usage error unless it is.
  package init(directory: String, untilEnd: Bool) throws(ConnectorError) {
    guard untilEnd else {
      throw .usage(
        "sink csv:\(directory) takes a whole log, and this run follows a growing one",
        hint: "add --until-end, or write to jsonl: or postgres:"
      )
    }
    self.directory = directory
    var rows = AppendedRows()
    rows.lateEventsPath = Self.path(of: .late, in: directory)
    state = Mutex(State(rows: rows))
  }

  package var acceptsRevisions: Bool { false }

  package var appendedRows: AppendedRows? { state.withLock { $0.rows } }

  package func makeTask(
    _ task: Int,
    source identity: String,
    rule: AttributionRule
  ) throws(ConnectorError) -> any TaskSink {
    guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
      throw .system(
        "make the directory \"\(directory)\"",
        code: errno,
        hint: "name a directory whose parent exists and can be written to"
      )
    }
    _ = try file(.attributed)
    state.withLock {
      $0.openTasks += 1
      $0.rows.unfinishedTasks += 1
    }
    return RowTaskSink(
      task: task,
      format: CSVFormat(),
      tables: Set(OutputTable.allCases),
      write: { [self] table, rows throws(ConnectorError) in try file(table).write(rows) },
      committed: { [self] checkouts, isFlushed throws(ConnectorError) in
        state.withLock { $0.checkouts += checkouts }
        if isFlushed { try taskHasFinished() }
      },
      closed: { [self] in taskHasClosed() }
    )
  }

  /// The file of a table, made with its header when it is asked for first.
  private func file(_ table: OutputTable) throws(ConnectorError) -> RowFile {
    try state.withLock { state throws(ConnectorError) in
      if let file = state.files[table] { return file }
      let file = try RowFile(replacing: path(of: table))
      state.files[table] = file
      var header = TextBuffer()
      header.append(CSVFormat().header(table.columns))
      try file.write(header.bytes)
      return file
    }
  }

  private func path(of table: OutputTable) -> String { Self.path(of: table, in: directory) }

  private static func path(of table: OutputTable, in directory: String) -> String {
    "\(directory)/\(table.rawValue).csv"
  }

  /// The last one to finish gives the files their names.
  private func taskHasFinished() throws(ConnectorError) {
    try state.withLock { state throws(ConnectorError) in
      state.rows.unfinishedTasks -= 1
      guard state.rows.areWhole else { return }
      for table in OutputTable.allCases {
        if let file = state.files[table] {
          try file.publish()
        } else {
          unlink(path(of: table))
        }
      }
      state.rows.checkouts = state.checkouts
    }
  }

  private func taskHasClosed() {
    state.withLock { state in
      state.openTasks -= 1
      guard state.openTasks == 0 else { return }
      // Those that have their names already stay.
      for file in state.files.values { file.discard() }
      state.files = [:]
    }
  }
}
