import Attribution
import Dataflow
import Events

extension Answer {
  /// Whole seconds from the first click to the checkout; nil where there is no click.
  @inline(__always)
  var attributionSeconds: Int64? {
    isAttributed ? (checkoutTime.microseconds - clickTime.microseconds) / 1_000_000 : nil
  }
}

/// What rows of answers have in common, whatever the order of their other columns.
extension RowWriter {
  /// Starts a row with checkout_id, user_id, checkout_timestamp and attributed_click_id.
  ///
  /// - Returns: the checkout's fields behind these: its revenue comes next.
  @inline(__always)
  mutating func startRow(of answer: Answer) -> CopyFieldReader {
    var checkout = CopyFieldReader(answer.checkoutFields)
    startRow()
    text("checkout_id", checkout.next())
    text("user_id", checkout.next())
    _ = checkout.next()
    time("checkout_timestamp", answer.checkoutTime)
    text("attributed_click_id", answer.isAttributed ? answer.clickID : nil)
    return checkout
  }

  /// What the first click led to, and where from.
  @inline(__always)
  mutating func clickedColumns(of answer: Answer) {
    let isAttributed = answer.isAttributed
    var product = CopyFieldReader(answer.productFields)
    var origin = CopyFieldReader(answer.originFields)
    text("attributed_product_id", isAttributed ? product.next() : nil)
    text("attributed_product_name", isAttributed ? product.next() : nil)
    text("attributed_category", isAttributed ? product.next() : nil)
    text("traffic_source", isAttributed ? origin.next() : nil)
    text("device_type", isAttributed ? origin.next() : nil)
  }
}
