extension CheckoutRecord: DecodableEvent {
  package static let schema = EventSchema(
    event: [
      .required("event_id", .text, upTo: 100),
      .required("user_id", .text, upTo: 50),
      .required("timestamp", .time),
      .required("total_amount", .amount),
      .detail("session_id", .text),
      .detail("payment_method", .text),
      .detail("items", .objects(Shape(first: 8, count: 4))),
      .detail("shipping_address", .object(Shape(first: 12, count: 4))),
    ],
    members: [
      .optional("product_id", .text),
      .optional("product_name", .text),
      .optional("price", .number),
      .optional("quantity", .integer),

      .optional("city", .text),
      .optional("state", .text),
      .optional("country", .text),
      .optional("zip_code", .text),
    ]
  )

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
    totalAmount = values.amount
    sessionID = values.slices[4]
    paymentMethod = values.slices[5]
    items = values.slices[6]
    shippingAddress = values.slices[7]
  }
}
