/// What all tasks together have written to a sink whose rows are never revised.
package struct AppendedRows: Hashable, Sendable {
  /// Checkouts that have a row for all to see.
  package var checkouts: Int64 = 0
  /// Tasks that have not come to the end of their log.
  var unfinishedTasks = 0
  /// The file that lists late events, none of which change a row; nil for a sink without one.
  package var lateEventsPath: String?

  /// Whether the rows are those of a whole log.
  package var areWhole: Bool { unfinishedTasks == 0 }
}
