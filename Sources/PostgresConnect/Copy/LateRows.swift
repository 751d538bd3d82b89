import Connect
import Dataflow

/// Late events as rows of the staging tables, where the stored rows settle them: the raw row and what
/// the late rules need.
enum StagedLateRow {
  static func columns(behind columns: [String]) -> [String] {
    columns + ["log_offset", "watermark", "is_unchecked", "is_dropped", "is_new", "restated"]
  }
}

/// Late events as rows of `ecommerce.late_events`, where the recent events have settled them.
enum LateEventRow {
  static let table = "ecommerce.late_events"
  static let columns = [
    "stream", "event_id", "user_id", "event_timestamp", "task", "log_offset", "watermark",
    "outcome", "restated_checkouts", "recorded_at",
  ]
}

/// For late events only, so not tuned.
extension LateEvents {
  /// Rows to stage, of raw rows with so many fields; without known resends.
  func stagedRows(fieldCount: Int) -> CopyBuffer {
    var rows = CopyBuffer(capacity: byteCount + events.count * 64)
    for event in stored {
      let fields = fields(of: event)
      var cursor = rows.reserve(fields.count + 64)
      cursor.startRow(fieldCount: Int16(fieldCount + 6))
      cursor.fields(fields)
      cursor.int64(event.offset)
      cursor.time(event.watermark)
      cursor.bool(event.isUnchecked && !event.isKnown)
      cursor.bool(event.isDropped)
      cursor.bool(event.isNew)
      cursor.int32(Int32(clamping: restated(by: event)))
      rows.commit(to: cursor)
    }
    return rows
  }

  /// Rows of `LateEventRow`.
  func listedRows(task: Int32, at now: EventTime, to rows: inout CopyBuffer) {
    for event in stored {
      let keys = keyFields(of: event)
      let restated = restated(by: event)
      var cursor = rows.reserve(keys.count + 128)
      cursor.startRow(fieldCount: Int16(LateEventRow.columns.count))
      cursor.text(stream == .clicks ? "clicks" : "checkouts")
      cursor.fields(keys)
      cursor.time(event.time)
      cursor.int32(task)
      cursor.int64(event.offset)
      cursor.time(event.watermark)
      cursor.text(event.isDropped ? "dropped" : restated > 0 ? "restated" : "no_change")
      cursor.int32(Int32(clamping: restated))
      cursor.time(now)
      rows.commit(to: cursor)
    }
  }

  /// A late checkout's own answer is new.
  private func restated(by event: LateEvent) -> Int {
    event.isDropped ? 0 : stream == .clicks ? event.restated : 1
  }
}
