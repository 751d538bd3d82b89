extension ClickRecord: DecodableEvent {
  package static let schema = EventSchema(event: [
    .required("event_id", .text, upTo: 100),
    .required("user_id", .text, upTo: 50),
    .required("timestamp", .time),
    .required("product_id", .text, upTo: 50),
    .optional("product_name", .text),
    .optional("product_category", .text),
    .optional("product_price", .amount),
    .detail("session_id", .text),
    .optional("device_type", .text),
    .detail("page_url", .text),
    .optional("referrer", .text),
  ])

  init(
    message: UnsafeMutableRawPointer,
    byteCount: Int32,
    offset: Int64,
    values: FieldValues
  ) {
    self.init(message: message, byteCount: byteCount, offset: offset)
    eventID = values.slices[0]
    userID = values.slices[1]
    time = values.time
    productID = values.slices[3]
    productName = values.slices[4]
    productCategory = values.slices[5]
    price = values.amount
    sessionID = values.slices[7]
    deviceType = values.slices[8]
    pageURL = values.slices[9]
    referrer = values.slices[10]
  }
}
