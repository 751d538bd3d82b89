import Dataflow
import Events

/// A late event on its way to the staging table: the raw row and what the late rules need.
struct LateRow<Record: CopyRow> {
  var record: Record
  /// The task's watermark when it was read.
  var watermark: Watermark
  /// Neither the engine nor the recent events can say whether it is new: only the raw rows can.
  var isUnchecked: Bool
  /// Changes no answer, by policy or because it lies beyond the horizon.
  var isDropped: Bool
  /// The engine has taken it for new, and may let it count: so it is, whatever is stored.
  var isNew: Bool
  /// How many answers it changes, where that is known already.
  var restated: Int?

  static var columns: [String] {
    Record.columns
      + ["log_offset", "watermark", "is_unchecked", "is_dropped", "is_new", "restated"]
  }

  /// Appends the row; for late events only, so not tuned.
  func write(to buffer: inout CopyBuffer, ingestedAt: EventTime) {
    var cursor = buffer.reserve(record.fieldsByteCount + 64)
    cursor.startRow(fieldCount: Int16(Self.columns.count))
    record.writeFields(to: &cursor, ingestedAt: ingestedAt)
    cursor.int64(record.offset)
    cursor.time(watermark)
    cursor.bool(isUnchecked)
    cursor.bool(isDropped)
    cursor.bool(isNew)
    if let restated { cursor.int32(Int32(restated)) } else { cursor.null() }
    buffer.commit(to: cursor)
  }
}
