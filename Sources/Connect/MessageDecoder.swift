package import Events

/// Turns the messages of one stream into records.
package protocol MessageDecoder {
  associatedtype Record: EventRecord

  init()
  /// Decodes at most `limit` records and returns the number of bytes that they took.
  mutating func decode(
    lines: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout RecordBatch<Record>
  ) -> Int
  /// Decodes one message; a nil base address is a null payload.
  mutating func decode(
    message: UnsafeMutableRawBufferPointer,
    offset: Int64,
    into batch: inout RecordBatch<Record>
  )
}

extension ClickDecoder: MessageDecoder {}
extension CheckoutDecoder: MessageDecoder {}

extension MessageDecoder {
  /// Decodes a whole run into `batch`, which is emptied first.
  package mutating func decode(_ run: MessageRun, into batch: inout RecordBatch<Record>) {
    batch.removeAll()
    switch run.framing {
    case .lines:
      let byteCount = decode(
        lines: run.bytes,
        startOffset: run.startOffset,
        limit: .max,
        into: &batch
      )
      assert(byteCount == run.bytes.count, "decoder left \(run.bytes.count - byteCount) bytes")
    case .messages(let messages):
      for message in messages {
        let bytes = message.bytes.map { UnsafeMutableRawBufferPointer(rebasing: run.bytes[$0]) }
        decode(
          message: bytes ?? UnsafeMutableRawBufferPointer(start: nil, count: 0),
          offset: message.offset,
          into: &batch
        )
      }
    }
  }
}
