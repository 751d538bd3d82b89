import Connect

/// The messages of a run, copied out of the pages that several slices share: a decoder rewrites them
/// in place.
///
/// Used by one thread; what it lends is valid until `removeAll`.
struct RunMemory: ~Copyable {
  /// How many bytes behind a message a decoder may load.
  private static let padding = 64

  /// One event of a page.
  struct Origin {
    var page: UnpackedPage
    var shardID: String
    var entry: UnpackedPage.Entry
  }

  private(set) var origins: [Origin] = []
  private(set) var byteCount = 0
  private var bytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var messages = UnsafeMutableBufferPointer<MessageRun.Message>(start: nil, count: 0)

  deinit {
    bytes.deallocate()
    messages.deallocate()
  }

  mutating func removeAll() {
    origins.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  mutating func append(_ origin: Origin) {
    origins.append(origin)
    byteCount += Int(origin.entry.data.count)
  }

  /// The messages, with offsets that count from `firstOffset`.
  mutating func messages(from firstOffset: Int64) -> UnsafeBufferPointer<MessageRun.Message> {
    reserve()
    guard var place = bytes.baseAddress else { return UnsafeBufferPointer(start: nil, count: 0) }
    for (index, origin) in origins.enumerated() {
      let (data, key) = (origin.entry.data.range, origin.entry.partitionKey.range)
      origin.page.withUnsafeBytes { page in
        let both = UnsafeMutableRawBufferPointer(start: place, count: data.count + key.count)
        both.copyMemory(from: UnsafeRawBufferPointer(rebasing: page[data]))
        UnsafeMutableRawBufferPointer(rebasing: both[data.count...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: page[key]))
      }
      messages.initializeElement(
        at: index,
        to: MessageRun.Message(
          offset: firstOffset + Int64(index),
          start: place,
          byteCount: data.count,
          key: UnsafeRawPointer(place + data.count),
          keyByteCount: key.count
        )
      )
      place += data.count + key.count
    }
    return UnsafeBufferPointer(rebasing: messages[..<origins.count])
  }

  /// Room for everything that was appended.
  private mutating func reserve() {
    let needed =
      origins.reduce(Self.padding) {
        $0 + Int($1.entry.data.count) + Int($1.entry.partitionKey.count)
      }
    if bytes.count < needed {
      bytes.deallocate()
      bytes = .allocate(byteCount: max(needed, 2 * bytes.count), alignment: 64)
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }
    if messages.count < origins.count {
      messages.deallocate()
      messages = .allocate(capacity: max(origins.count, 2 * messages.count))
    }
  }
}
