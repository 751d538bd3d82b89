import Attribution
import Dataflow
import Events

/// Makes records, rejects and answers for tests, and owns the memory they point into.
final class Messages {
  private var blocks: [UnsafeMutableRawBufferPointer] = []

  deinit { blocks.forEach { $0.deallocate() } }

  /// Bytes in memory, with 64 readable ones behind them.
  private func place(_ bytes: [UInt8]) -> UnsafeMutableRawBufferPointer {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 64, alignment: 1)
    block.initializeMemory(as: UInt8.self, repeating: 0xEE)
    block.copyBytes(from: bytes)
    blocks.append(block)
    return UnsafeMutableRawBufferPointer(rebasing: block[..<bytes.count])
  }

  /// Lays texts out as a message; nil gives an absent slice.
  private func slices(
    _ texts: [String?]
  ) -> (message: UnsafeMutableRawBufferPointer, slices: [ByteSlice]) {
    var bytes: [UInt8] = []
    let slices = texts.map { text -> ByteSlice in
      guard let text else { return .absent }
      defer { bytes.append(contentsOf: text.utf8) }
      return ByteSlice(offset: UInt32(bytes.count), length: Int32(text.utf8.count))
    }
    return (place(bytes), slices)
  }

  /// A click of the given columns: ids, then name, category, session, device, page and referrer.
  func click(
    _ eventID: String,
    user: String,
    at time: Int64,
    product: String = "p",
    price: Money = .absent,
    texts: [String?] = [nil, nil, nil, nil, nil, nil],
    offset: Int64 = 0
  ) -> ClickRecord {
    let (message, slices) = slices([eventID, user, product] + texts)
    var record = ClickRecord(
      message: message.baseAddress ?? .allocate(byteCount: 64, alignment: 1),
      byteCount: Int32(message.count),
      offset: offset
    )
    record.time = EventTime(microseconds: time)
    record.price = price
    record.eventID = slices[0]
    record.userID = slices[1]
    record.productID = slices[2]
    record.productName = slices[3]
    record.productCategory = slices[4]
    record.sessionID = slices[5]
    record.deviceType = slices[6]
    record.pageURL = slices[7]
    record.referrer = slices[8]
    return record
  }

  /// A checkout: texts are session, payment method, items and shipping address.
  func checkout(
    _ eventID: String,
    user: String,
    at time: Int64,
    amount: Money = Money(hundredths: 100),
    texts: [String?] = [nil, nil, nil, nil],
    offset: Int64 = 0
  ) -> CheckoutRecord {
    let (message, slices) = slices([eventID, user] + texts)
    var record = CheckoutRecord(
      message: message.baseAddress ?? .allocate(byteCount: 64, alignment: 1),
      byteCount: Int32(message.count),
      offset: offset
    )
    record.time = EventTime(microseconds: time)
    record.totalAmount = amount
    record.eventID = slices[0]
    record.userID = slices[1]
    record.sessionID = slices[2]
    record.paymentMethod = slices[3]
    record.items = slices[4]
    record.shippingAddress = slices[5]
    return record
  }

  func reject(_ bytes: [UInt8]?, offset: Int64, reason: String) -> RejectedMessage {
    let message = bytes.map { place($0) }
    return RejectedMessage(
      message: message.flatMap { UnsafeRawPointer($0.baseAddress) },
      byteCount: bytes?.count ?? 0,
      offset: offset,
      reason: RejectReason(reason)
    )
  }

  /// An answer to `checkout` by `click`, nil for none.
  func answer(
    _ kind: Answer.Kind,
    to checkout: CheckoutRecord,
    by click: ClickRecord?,
    clicksInWindow: Int32
  ) -> Answer {
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    return Answer(
      kind: kind,
      isFinal: false,
      clicksInWindow: clicksInWindow,
      checkoutTime: checkout.time,
      checkoutFields: encoded { target in
        var end = target
        end += CopyField.write(text: checkout.eventID, of: checkout.message, to: end)
        end += CopyField.write(text: checkout.userID, of: checkout.message, to: end)
        end += CopyField.write(timestamp: checkout.time, to: end)
        end += CopyField.write(money: checkout.totalAmount, to: end)
        return end
      },
      clickID: click.map { $0.bytes($0.eventID) } ?? none,
      clickTime: click?.time ?? EventTime(microseconds: 0),
      productFields: click.map { texts($0, [$0.productID, $0.productName, $0.productCategory]) }
        ?? none,
      originFields: click.map { texts($0, [$0.referrer, $0.deviceType]) } ?? none
    )
  }

  private func texts(_ click: ClickRecord, _ slices: [ByteSlice]) -> UnsafeRawBufferPointer {
    encoded { target in
      var end = target
      for slice in slices { end += CopyField.write(text: slice, of: click.message, to: end) }
      return end
    }
  }

  private func encoded(
    _ write: (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer
  ) -> UnsafeRawBufferPointer {
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    blocks.append(block)
    guard let start = block.baseAddress else { return UnsafeRawBufferPointer(block) }
    return UnsafeRawBufferPointer(start: start, count: write(start) - start)
  }
}

extension RecordBatch {
  init(_ records: [Record]) {
    self.init()
    self.records = records
  }
}
