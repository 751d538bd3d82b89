import Dataflow
import Events

/// A record that is a row of a raw table.
protocol CopyRow: EventRecord {
  /// The raw table, schema-qualified, and its columns in the order of `writeFields`.
  static var table: String { get }
  static var columns: [String] { get }
  /// The number of columns.
  static var fieldCount: Int16 { get }
  /// Writes the fields of a raw row, without the row's header.
  func writeFields(to cursor: inout CopyCursor, ingestedAt: EventTime)
}

extension CopyRow {
  /// What `writeFields` takes at most.
  ///
  /// The texts are disjoint parts of the message; each of at most 12 fields adds its 4-byte count,
  /// and times, numbers and jsonb versions come to less than 64 bytes together.
  @inline(__always)
  private var fieldsByteCount: Int { Int(byteCount) &+ 112 }

  /// Appends the raw row.
  @inline(__always)
  func write(to rows: inout CopyBuffer, ingestedAt: EventTime) {
    var cursor = rows.reserve(fieldsByteCount)
    cursor.startRow(fieldCount: Self.fieldCount)
    writeFields(to: &cursor, ingestedAt: ingestedAt)
    rows.commit(to: cursor)
  }
}

extension ClickRecord: CopyRow {
  static let table = "ecommerce.raw_clicks"
  static let columns = [
    "event_id", "user_id", "product_id", "product_name", "product_category", "product_price",
    "session_id", "device_type", "page_url", "referrer", "event_timestamp", "ingested_at",
  ]
  static var fieldCount: Int16 { 12 }

  @inline(__always)
  func writeFields(to cursor: inout CopyCursor, ingestedAt: EventTime) {
    cursor.text(eventID, of: message)
    cursor.text(userID, of: message)
    cursor.text(productID, of: message)
    cursor.text(productName, of: message)
    cursor.text(productCategory, of: message)
    cursor.money(price)
    cursor.text(sessionID, of: message)
    cursor.text(deviceType, of: message)
    cursor.text(pageURL, of: message)
    cursor.text(referrer, of: message)
    cursor.time(time)
    cursor.time(ingestedAt)
  }
}

extension CheckoutRecord: CopyRow {
  static let table = "ecommerce.raw_checkouts"
  static let columns = [
    "event_id", "user_id", "session_id", "total_amount", "payment_method", "items",
    "shipping_address", "event_timestamp", "ingested_at",
  ]
  static var fieldCount: Int16 { 9 }

  @inline(__always)
  func writeFields(to cursor: inout CopyCursor, ingestedAt: EventTime) {
    cursor.text(eventID, of: message)
    cursor.text(userID, of: message)
    cursor.text(sessionID, of: message)
    cursor.money(totalAmount)
    cursor.text(paymentMethod, of: message)
    cursor.json(items, of: message)
    cursor.json(shippingAddress, of: message)
    cursor.time(time)
    cursor.time(ingestedAt)
  }
}
