import CRDKafka
import Connect

/// The messages of one run, as the decoder takes them: where they lie in librdkafka's memory.
///
/// Nothing is copied, but for the few messages that end right before a page boundary: a decoder loads
/// whole vectors, up to 64 bytes behind a message. Those stay in the page of its last byte, which is
/// readable, or else the message moves to memory of ours:
///
///     page |......[message]..64 bytes..|        stays
///     page |...............[message]..64 |..    moves: the next page may not be there
///
/// Owns librdkafka's messages until `removeAll`. Used by one thread.
struct MessageShelf: ~Copyable {
  static let padding = 64
  /// A power of two that divides every page size.
  private static let pageByteCount: UInt = 4096

  private let fetched: UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>
  private let entries: UnsafeMutableBufferPointer<MessageRun.Message>
  /// Of `fetched`, that are not given back yet.
  private var fetchedCount = 0
  private(set) var count = 0
  private(set) var byteCount = 0
  private var moved = MessageMemory()

  /// - Parameter capacity: messages of a run.
  init(capacity: Int) {
    fetched = .allocate(capacity: capacity)
    fetched.initialize(repeating: nil)
    entries = .allocate(capacity: capacity)
  }

  deinit {
    for message in fetched[..<fetchedCount] { rd_kafka_message_destroy(message) }
    fetched.deallocate()
    entries.deallocate()
  }

  var capacity: Int { fetched.count }

  /// What a decoder is given; valid until `removeAll`.
  var messages: UnsafeBufferPointer<MessageRun.Message> {
    UnsafeBufferPointer(rebasing: entries[..<count])
  }

  /// Gives the messages back to librdkafka.
  mutating func removeAll() {
    for message in fetched[..<fetchedCount] { rd_kafka_message_destroy(message) }
    fetchedCount = 0
    count = 0
    byteCount = 0
    moved.removeAll()
  }

  /// Takes up to `limit` messages and events from a queue, without waiting.
  mutating func fetch(from queue: OpaquePointer, atMost limit: Int) {
    let room = min(limit, fetched.count)
    let taken = rd_kafka_consume_batch_queue(queue, 0, fetched.baseAddress, room)
    fetchedCount = max(0, Int(taken))
  }

  /// What was fetched, in order; an event has an error instead of a payload.
  var fetchedMessages: Slice<UnsafeMutableBufferPointer<UnsafeMutablePointer<rd_kafka_message_t>?>>
  { fetched[..<fetchedCount] }

  /// Adds one of the fetched messages to the run.
  mutating func append(_ message: rd_kafka_message_t) {
    var start = message.payload
    if let payload = start, Self.isNearPageEnd(payload, byteCount: message.len) {
      start = moved.copy(UnsafeRawBufferPointer(start: payload, count: message.len))
    }
    entries.initializeElement(
      at: count,
      to: MessageRun.Message(
        offset: message.offset,
        start: start,
        byteCount: message.len,
        key: UnsafeRawPointer(message.key),
        keyByteCount: message.key_len
      )
    )
    count += 1
    byteCount += message.len
  }

  /// True if the bytes behind the message may lie in another page than its last byte.
  private static func isNearPageEnd(_ start: UnsafeRawPointer, byteCount: Int) -> Bool {
    guard byteCount > 0 else { return true }
    // Wraps at most at the end of the address space, where no message lies.
    let last = UInt(bitPattern: start) &+ UInt(bitPattern: byteCount) &- 1
    return last & (pageByteCount - 1) >= pageByteCount - UInt(padding)
  }
}

/// Memory for the messages of a run that must move, used again for every run.
private struct MessageMemory: ~Copyable {
  private static let chunkByteCount = 16 << 10

  private var chunks: [UnsafeMutableRawBufferPointer] = []
  /// In use, of the last chunk.
  private var used = 0

  deinit { for chunk in chunks { chunk.deallocate() } }

  /// Keeps one chunk of the usual size.
  mutating func removeAll() {
    used = 0
    while let chunk = chunks.last, chunks.count > 1 || chunk.count > Self.chunkByteCount {
      chunk.deallocate()
      chunks.removeLast()
    }
  }

  /// A copy with `MessageShelf.padding` readable bytes behind it.
  mutating func copy(_ message: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
    let byteCount = message.count + MessageShelf.padding
    if chunks.last.map({ $0.count - used < byteCount }) ?? true {
      let chunk = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(byteCount, Self.chunkByteCount),
        alignment: 64
      )
      chunks.append(chunk)
      used = 0
    }
    guard let chunk = chunks.last else { return nil }
    let place = UnsafeMutableRawBufferPointer(rebasing: chunk[used..<(used + byteCount)])
    place.copyMemory(from: message)
    place[message.count...].initializeMemory(as: UInt8.self, repeating: 0)
    used += byteCount
    return place.baseAddress
  }
}
