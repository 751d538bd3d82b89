import Connect
import Events

/// What one read of an input gave: a run of messages, decoded.
struct DecodedRun<Record: EventRecord> {
  /// Valid as long as the run's memory: until the second read after it.
  var batch = RecordBatch<Record>()
  /// Why nothing could be read; the rest is then that of the last run.
  var error: ConnectorError?
  var isEmpty = true
  var isCaughtUp = false
  var gap: LogGap?
  /// The position has moved without records, so far that it is to be committed.
  var isMilestone = false
  /// Of all its messages.
  var byteCount = 0
  /// How many of its records have another key than their user, or none.
  var strayKeyCount = 0
  /// Where reading would start to see this run again.
  var startPosition = SourcePosition("")
  /// The record behind it.
  var endPosition: SourcePosition
  /// Behind the end of the partition then, in the log's own unit; nil when the log did not say.
  var lag: Int64?

  /// Nothing, read up to a position.
  init(at position: SourcePosition) { endPosition = position }
}
