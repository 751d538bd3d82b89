import Dataflow

extension EventSpan {
  /// As SQL.
  var literal: String { "interval '\(microseconds) microseconds'" }

  /// As `stream_progress` has the window.
  var wholeSeconds: String { String(microseconds / 1_000_000) }
}
