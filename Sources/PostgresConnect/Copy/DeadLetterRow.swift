import Connect
import Dataflow
import Events

/// A message that did not fit, as a row of `ecommerce.dead_letters`.
struct DeadLetterRow {
  var reject: RejectedMessage
  var stream: StreamKind
  var task: Int32
  var recordedAt: EventTime

  static let table = "ecommerce.dead_letters"
  static let columns = [
    "stream", "task", "log_offset", "log_position", "reason", "byte_count", "message",
    "recorded_at",
  ]
  /// How much of a message is kept.
  private static let keptByteCount = 4096

  func write(to buffer: inout CopyBuffer) {
    // PostgreSQL text cannot hold NUL, and a reason quotes what was found.
    let reason = reject.reason.description.utf8.map { $0 == 0 ? 0x20 : $0 }
    let kept = min(reject.byteCount, Self.keptByteCount)
    var cursor = buffer.reserve(reason.count + kept + (reject.place?.utf8.count ?? 0) + 96)
    cursor.startRow(fieldCount: Int16(Self.columns.count))
    cursor.text(stream == .clicks ? "clicks" : "checkouts")
    cursor.int32(task)
    cursor.int64(reject.offset)
    if var place = reject.place {
      place.withUTF8 { cursor.bytes(UnsafeRawBufferPointer($0)) }
    } else {
      cursor.null()
    }
    reason.withUnsafeBytes { cursor.bytes($0) }
    cursor.int64(Int64(reject.byteCount))
    if let message = reject.message {
      cursor.bytes(UnsafeRawBufferPointer(start: message, count: kept))
    } else {
      cursor.null()
    }
    cursor.time(recordedAt)
    buffer.commit(to: cursor)
  }
}
