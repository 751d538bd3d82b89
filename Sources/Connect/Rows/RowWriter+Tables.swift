import Attribution
import CScan
import Dataflow
import Events

extension RowWriter {
  /// Rows of `attributed_checkouts`.
  ///
  /// Their fields lie all over the engine's memory: they are asked for some rows ahead.
  @specialized(where Format == CSVFormat)
  @specialized(where Format == JSONLinesFormat)
  mutating func append(_ answers: [Answer], processedAt: EventTime) {
    for index in answers.indices {
      if index + 8 < answers.count { Self.prefetchFields(of: answers[index + 8]) }
      append(answers[index], processedAt: processedAt)
    }
  }

  private static func prefetchFields(of answer: Answer) {
    prefetch(answer.checkoutFields.baseAddress)
    prefetch(answer.clickID.baseAddress)
    prefetch(answer.productFields.baseAddress)
    prefetch(answer.originFields.baseAddress)
  }

  /// A row of `attributed_checkouts`, which is never revised.
  @inline(__always)
  private mutating func append(_ answer: Answer, processedAt: EventTime) {
    var checkout = startRow(of: answer)
    clickedColumns(of: answer)
    time("first_click_timestamp", answer.isAttributed ? answer.clickTime : nil)
    money("revenue", checkout.nextMoney())
    number("attribution_window_seconds", answer.attributionSeconds)
    number("clicks_in_window", Int64(answer.clicksInWindow))
    truth("is_final", answer.isFinal)
    number("revision", 0)
    wallTime("processed_at", processedAt)
    endRow()
  }

  /// A row of `late_events`: rows that are never revised leave late events out.
  mutating func append(
    late record: some EventRecord,
    of stream: StreamKind,
    task: Int,
    watermark: Watermark,
    recordedAt: EventTime
  ) {
    startRow()
    text("stream", stream.rawValue)
    text("event_id", record.bytes(record.eventID))
    text("user_id", record.bytes(record.userID))
    time("event_timestamp", record.time)
    number("task", Int64(task))
    number("log_offset", record.offset)
    time("watermark", watermark)
    text("outcome", "dropped")
    number("restated_checkouts", 0)
    time("recorded_at", recordedAt)
    endRow()
  }

  /// A row of `dead_letters`, with at most 4 KiB of the message; bytes that are no UTF-8 are shown
  /// as U+FFFD.
  mutating func append(
    _ reject: RejectedMessage,
    of stream: StreamKind,
    task: Int,
    recordedAt: EventTime
  ) {
    startRow()
    text("stream", stream.rawValue)
    number("task", Int64(task))
    number("log_offset", reject.offset)
    if let place = reject.place { text("log_position", place) } else { text("log_position", nil) }
    text("reason", reject.reason.description)
    number("byte_count", Int64(reject.byteCount))
    if let message = reject.message {
      let kept = UnsafeRawBufferPointer(start: message, count: min(reject.byteCount, 4096))
      text("message", String(decoding: kept, as: UTF8.self))
    } else {
      text("message", nil)
    }
    time("recorded_at", recordedAt)
    endRow()
  }

  /// A row of `log_gaps`.
  mutating func append(
    _ gap: LogGap,
    of stream: StreamKind,
    task: Int,
    detectedAt: EventTime
  ) {
    startRow()
    text("stream", stream.rawValue)
    number("task", Int64(task))
    if let from = gap.from { text("from_position", from.token) } else { text("from_position", nil) }
    text("to_position", gap.to.token)
    number("records", gap.records)
    text("reason", gap.reason)
    time("detected_at", detectedAt)
    endRow()
  }
}
