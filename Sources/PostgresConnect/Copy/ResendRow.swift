import Connect
import Dataflow

/// A resent event that is not stored, as a row of `ecommerce.resends`.
struct ResendRow {
  var resend: Resend
  var stream: StreamKind
  var task: Int32
  var readAt: EventTime

  static let table = "ecommerce.resends"
  static let columns = ["stream", "task", "event_id", "event_timestamp", "log_position", "read_at"]

  func write(to buffer: inout CopyBuffer) {
    var place = resend.place
    var cursor = buffer.reserve(resend.eventID.count + place.utf8.count + 96)
    cursor.startRow(fieldCount: Int16(Self.columns.count))
    cursor.text(stream == .clicks ? "clicks" : "checkouts")
    cursor.int32(task)
    resend.eventID.withUnsafeBytes { cursor.bytes($0) }
    cursor.time(resend.time)
    place.withUTF8 { cursor.bytes(UnsafeRawBufferPointer($0)) }
    cursor.time(readAt)
    buffer.commit(to: cursor)
  }
}
