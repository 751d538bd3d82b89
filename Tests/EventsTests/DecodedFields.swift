import Dataflow

@testable import Events

/// What a decoder made of one message: the fields as text as `ReferenceDecoder` gives them, or nil.
typealias DecodedFields = [String: String]

extension ClickRecord {
  var fields: DecodedFields {
    var fields = [
      "event_id": text(eventID), "user_id": text(userID), "product_id": text(productID),
      "product_name": text(productName), "product_category": text(productCategory),
      "session_id": text(sessionID), "device_type": text(deviceType), "page_url": text(pageURL),
      "referrer": text(referrer),
    ].compactMapValues(\.self)
    fields["timestamp"] = "\(time.microseconds)"
    if !price.isAbsent { fields["product_price"] = "\(price.hundredths)" }
    return fields
  }
}

extension CheckoutRecord {
  var fields: DecodedFields {
    var fields = [
      "event_id": text(eventID), "user_id": text(userID), "session_id": text(sessionID),
      "payment_method": text(paymentMethod), "items": text(items),
      "shipping_address": text(shippingAddress),
    ].compactMapValues(\.self)
    fields["timestamp"] = "\(time.microseconds)"
    fields["total_amount"] = "\(totalAmount.hundredths)"
    return fields
  }
}

/// Decodes messages one by one with one decoder: nil for a reject, whose bytes must be unchanged.
final class OneByOne {
  private var clicks = ClickDecoder()
  private var checkouts = CheckoutDecoder()
  private(set) var lastReason = ""

  func click(_ message: some Collection<UInt8>) -> DecodedFields? {
    let buffer = MessageBuffer(message)
    var batch = ClickBatch()
    clicks.decode(message: buffer.bytes, offset: 0, into: &batch)
    return settle(batch, buffer, message, \.fields)
  }

  func checkout(_ message: some Collection<UInt8>) -> DecodedFields? {
    let buffer = MessageBuffer(message)
    var batch = CheckoutBatch()
    checkouts.decode(message: buffer.bytes, offset: 0, into: &batch)
    return settle(batch, buffer, message, \.fields)
  }

  private func settle<Record>(
    _ batch: RecordBatch<Record>,
    _ buffer: MessageBuffer,
    _ message: some Collection<UInt8>,
    _ fields: (Record) -> DecodedFields
  ) -> DecodedFields? {
    precondition(batch.records.count + batch.rejects.count == 1, "one message, one answer")
    if let reject = batch.rejects.first {
      lastReason = reject.reason.description
      precondition(buffer.bytes.elementsEqual(message), "a rejected message was changed")
    }
    // The slices lead into the buffer.
    return withExtendedLifetime(buffer) { batch.records.first.map(fields) }
  }
}
