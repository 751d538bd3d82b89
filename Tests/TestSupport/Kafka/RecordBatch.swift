/// A batch of records as a partition's log holds it.
///
///     offset   base ... records, where compaction has left them ... base + offsetCount
///
/// Source: "Record Batch" of Kafka's protocol guide, magic 2.
package struct RecordBatch: Sendable {
  package enum Kind: Sendable {
    case plain
    /// Of a transaction of this producer.
    case transactional(producer: Int64)
    /// The end of a transaction: one marker, no message.
    case marker(producer: Int64, isCommit: Bool)
  }

  package var kind: Kind
  package var base: Int64
  /// How many offsets it takes.
  package var offsetCount: Int32
  /// By offset behind the base, growing.
  package var values: [(delta: Int32, text: String)]

  /// Messages of successive offsets.
  package init(_ kind: Kind = .plain, at base: Int64, _ texts: [String]) {
    self.kind = kind
    self.base = base
    offsetCount = Int32(texts.count)
    values = texts.enumerated().map { (Int32($0.offset), $0.element) }
  }

  /// What compaction has left of a batch.
  package init(at base: Int64, offsetCount: Int32, left: [Int32: String]) {
    kind = .plain
    self.base = base
    self.offsetCount = offsetCount
    values = left.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The end of a transaction.
  package init(endOf producer: Int64, isCommit: Bool, at base: Int64) {
    kind = .marker(producer: producer, isCommit: isCommit)
    self.base = base
    offsetCount = 1
    values = [(0, "")]
  }

  /// The offset behind it.
  package var end: Int64 { base + Int64(offsetCount) }

  var bytes: [UInt8] {
    var checked = FrameWriter()
    checked.number(attributes)
    checked.number(offsetCount - 1)
    // First and greatest timestamp, in milliseconds.
    checked.number(Int64(1_735_689_600_000))
    checked.number(Int64(1_735_689_600_000))
    checked.number(producer)
    checked.number(Int16(producer < 0 ? -1 : 0))
    checked.number(Int32(producer < 0 ? -1 : 0))
    checked.number(Int32(values.count))
    for (delta, text) in values { checked.raw(record(delta, text)) }
    var batch = FrameWriter()
    batch.number(base)
    // What follows: leader's epoch, magic, checksum, and what is checked.
    batch.number(Int32(4 + 1 + 4 + checked.bytes.count))
    batch.number(Int32(0))
    batch.number(Int8(2))
    batch.number(Self.checksum(checked.bytes))
    batch.raw(checked.bytes)
    return batch.bytes
  }

  private var attributes: Int16 {
    switch kind {
    case .plain: 0
    case .transactional: 0x10
    case .marker: 0x30
    }
  }

  private var producer: Int64 {
    switch kind {
    case .plain: -1
    case .transactional(let producer), .marker(let producer, _): producer
    }
  }

  private func record(_ delta: Int32, _ text: String) -> [UInt8] {
    var key = FrameWriter()
    var value = FrameWriter()
    if case .marker(_, let isCommit) = kind {
      // Version and type, version and coordinator's epoch.
      key.number(Int16(0))
      key.number(Int16(isCommit ? 1 : 0))
      value.number(Int16(0))
      value.number(Int32(0))
    } else {
      key.raw(Array("u1".utf8))
      value.raw(Array(text.utf8))
    }
    // Attributes, time behind the first, offset behind the base; no headers.
    let body =
      [0] + Self.variable(0) + Self.variable(Int(delta)) + Self.variable(key.bytes.count)
      + key.bytes + Self.variable(value.bytes.count) + value.bytes + Self.variable(0)
    return Self.variable(body.count) + body
  }

  /// Zigzag, seven bits a byte.
  private static func variable(_ value: Int) -> [UInt8] {
    var rest = UInt(bitPattern: value << 1 ^ value >> (Int.bitWidth - 1))
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// CRC-32C, by Castagnoli's polynomial.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { checksum, byte in
      (0..<8).reduce(checksum ^ UInt32(byte)) { rest, _ in
        rest >> 1 ^ (rest & 1 == 1 ? 0x82F6_3B78 : 0)
      }
    }
  }
}
