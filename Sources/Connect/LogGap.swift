/// A stretch of a partition that its log no longer holds, and that a reader was told to skip.
///
/// Delivered with the run behind it (`MessageRun.gap`), and written in the same transaction as that
/// run's rows.
package struct LogGap: Hashable, Sendable {
  /// The record that should have been read next; nil: the first that the log ever had.
  package var from: SourcePosition?
  /// The record that reading goes on with.
  package var to: SourcePosition
  /// How many records it held at most; nil where positions do not tell.
  package var records: Int64?
  /// Why they are gone, for people: lowercase, no full stop.
  package var reason: String

  package init(from: SourcePosition?, to: SourcePosition, records: Int64?, reason: String) {
    self.from = from
    self.to = to
    self.records = records
    self.reason = reason
  }
}

/// What a reader does where its log no longer has the records at a position.
package enum GapPolicy: String, CaseIterable, Sendable {
  /// Throws an error of the kind `lost` that says what was lost and names `--on-gap skip`.
  case fail
  /// Goes on with the oldest record that is left, and says so in `MessageRun.gap`.
  case skip

  /// What a reader up to `bound` does: one that reads again what was read before skips, since no
  /// record is lost unread by it.
  package func forReading(until bound: ReadBound) -> GapPolicy {
    if case .position = bound { .skip } else { self }
  }
}
