package import Events
import Foundation

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
  /// Decodes so many messages, each by its place; a nil base address is a null payload.
  mutating func decode(
    messages count: Int,
    into batch: inout RecordBatch<Record>,
    at place: (Int) -> (bytes: UnsafeMutableRawBufferPointer, offset: Int64)
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
      decode(messages: messages.count, into: &batch) { index in
        let message = messages[index]
        return (
          UnsafeMutableRawBufferPointer(start: message.start, count: message.byteCount),
          message.offset
        )
      }
    }
  }
}

extension MessageRun {
  /// How many records of the run, decoded into `batch`, have another key than their user, or none.
  ///
  /// They are read all the same: a task goes by the partition. But their user's other events may
  /// stand in other partitions, where they do not meet.
  package func strayKeyCount<Record>(of batch: RecordBatch<Record>) -> Int {
    guard case .messages(let messages) = framing else { return 0 }
    var count = 0
    var next = 0
    for record in batch.records {
      // Records come in the messages' order; those in between were rejected.
      while messages[next].offset != record.offset { next += 1 }
      if !messages[next].hasKey(record.bytes(record.userID)) { count += 1 }
    }
    return count
  }
}

extension MessageRun.Message {
  fileprivate func hasKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let key, let start = bytes.baseAddress, keyByteCount == bytes.count else { return false }
    return memcmp(key, start, keyByteCount) == 0
  }
}
