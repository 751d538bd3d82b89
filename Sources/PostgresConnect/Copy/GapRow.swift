import Connect
import Dataflow

/// Records that the log no longer had, as a row of `ecommerce.log_gaps`.
struct GapRow {
  var gap: LogGap
  var stream: StreamKind
  var task: Int32
  var detectedAt: EventTime

  static let table = "ecommerce.log_gaps"
  static let columns = [
    "stream", "task", "from_position", "to_position", "records", "reason", "detected_at",
  ]

  func write(to buffer: inout CopyBuffer) {
    let from = gap.from?.token
    let byteCount = (from ?? "").utf8.count + gap.to.token.utf8.count + gap.reason.utf8.count
    var cursor = buffer.reserve(byteCount + 96)
    cursor.startRow(fieldCount: Int16(Self.columns.count))
    cursor.text(stream == .clicks ? "clicks" : "checkouts")
    cursor.int32(task)
    if let from { write(from, to: &cursor) } else { cursor.null() }
    write(gap.to.token, to: &cursor)
    if let records = gap.records { cursor.int64(records) } else { cursor.null() }
    write(gap.reason, to: &cursor)
    cursor.time(detectedAt)
    buffer.commit(to: cursor)
  }

  /// Tokens and reasons are ours and hold no NUL, which PostgreSQL text cannot.
  private func write(_ text: String, to cursor: inout CopyCursor) {
    var text = text
    text.withUTF8 { cursor.bytes(UnsafeRawBufferPointer($0)) }
  }
}
