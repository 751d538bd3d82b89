import Connect
import Dataflow
import Events

/// What the product's decoders make of a log's lines.
struct DecodedLog {
  struct Message: Hashable {
    var eventID: String
    var userID: String
    var time: EventTime
    /// In hundredths.
    var amount: Int64
    /// The JSON text of a checkout's items.
    var items: String
  }

  /// In log order, by partition; resent ones as often as they were sent.
  private(set) var clicks: [[Message]] = []
  private(set) var checkouts: [[Message]] = []
  private(set) var rejectReasons: [String] = []

  /// Each event once.
  var uniqueClicks: Set<Message> { Set(clicks.joined()) }
  var uniqueCheckouts: Set<Message> { Set(checkouts.joined()) }

  init(_ log: MemoryLog) {
    var clickDecoder = ClickDecoder()
    var checkoutDecoder = CheckoutDecoder()
    for partition in 0..<log.partitionCount {
      clicks.append(
        decode(log.lines(of: .clicks, partition: partition)) { bytes, batch in
          clickDecoder.decode(message: bytes, offset: 0, into: &batch)
        } message: {
          Self.message($0, amount: $0.price, items: .absent)
        }
      )
      checkouts.append(
        decode(log.lines(of: .checkouts, partition: partition)) { bytes, batch in
          checkoutDecoder.decode(message: bytes, offset: 0, into: &batch)
        } message: {
          Self.message($0, amount: $0.totalAmount, items: $0.items)
        }
      )
    }
  }

  private mutating func decode<Record: EventRecord>(
    _ lines: [[UInt8]],
    with decode: (UnsafeMutableRawBufferPointer, inout RecordBatch<Record>) -> Void,
    message: (Record) -> Message
  ) -> [Message] {
    var messages: [Message] = []
    for line in lines {
      // The decoders want 64 readable bytes behind a message.
      var padded = line + Array(repeating: 0, count: 64)
      padded.withUnsafeMutableBytes { bytes in
        var batch = RecordBatch<Record>()
        decode(UnsafeMutableRawBufferPointer(rebasing: bytes.dropLast(64)), &batch)
        messages += batch.records.map(message)
        rejectReasons += batch.rejects.map(\.reason.description)
      }
    }
    return messages
  }

  private static func message(
    _ record: some EventRecord,
    amount: Money,
    items: ByteSlice
  ) -> Message {
    func text(_ slice: ByteSlice) -> String {
      String(
        decoding: UnsafeRawBufferPointer(
          start: record.message + Int(slice.offset),
          count: max(0, Int(slice.length))
        ),
        as: UTF8.self
      )
    }
    return Message(
      eventID: text(record.eventID),
      userID: text(record.userID),
      time: record.time,
      amount: amount.hundredths,
      items: text(items)
    )
  }
}
