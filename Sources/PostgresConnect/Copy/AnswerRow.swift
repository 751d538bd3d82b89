import Attribution
import Dataflow

/// An answer as a row of `ecommerce.attributions` or of the table of revisions, which is alike.
struct AnswerRow {
  var answer: Answer
  var task: Int32
  var processedAt: EventTime

  static let table = "ecommerce.attributions"
  static let columns = [
    "checkout_id", "user_id", "checkout_timestamp", "revenue", "click_id", "click_timestamp",
    "product_id", "product_name", "product_category", "referrer", "device_type",
    "clicks_in_window", "task", "revision", "processed_at",
  ]

  @inline(__always)
  func write(to buffer: inout CopyBuffer) {
    let byteCount =
      answer.checkoutFields.count &+ answer.clickID.count &+ answer.productFields.count
      &+ answer.originFields.count
    var cursor = buffer.reserve(byteCount &+ 96)
    cursor.startRow(fieldCount: 15)
    cursor.fields(answer.checkoutFields)
    if answer.isAttributed {
      cursor.bytes(answer.clickID)
      cursor.time(answer.clickTime)
      cursor.fields(answer.productFields)
      cursor.fields(answer.originFields)
    } else {
      cursor.nulls(7)
    }
    cursor.int32(answer.clicksInWindow)
    cursor.int32(task)
    cursor.int32(0)
    cursor.time(processedAt)
    buffer.commit(to: cursor)
  }
}
