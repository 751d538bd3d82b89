import Dataflow
import Events

/// A late event on its way to the staging table: the raw row and what the late rules need.
struct LateRow<Record: CopyRow> {
  var record: Record
  /// The task's watermark when it was read.
  var watermark: Watermark
  /// Older than the engine's state: only the stored rows can say whether it is new.
  var isUnchecked: Bool
  /// Changes no answer, by policy or because it lies beyond the horizon.
  var isDropped: Bool

  static var columns: [String] {
    Record.columns + ["log_offset", "watermark", "is_unchecked", "is_dropped"]
  }

  /// Appends the row; for late events only, so not tuned.
  func write(to buffer: inout CopyBuffer, ingestedAt: EventTime) {
    var cursor = buffer.reserve(record.fieldsByteCount + 40)
    cursor.startRow(fieldCount: Int16(Record.columns.count + 4))
    record.writeFields(to: &cursor, ingestedAt: ingestedAt)
    cursor.int64(record.offset)
    cursor.time(watermark)
    cursor.bool(isUnchecked)
    cursor.bool(isDropped)
    buffer.commit(to: cursor)
  }
}
