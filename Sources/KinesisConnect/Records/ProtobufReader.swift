/// Reads the fields of one protocol buffer message, in their order.
///
///     message = (tag value)*      tag = varint of (number << 3 | wire type)
///     wire type   0 varint   1 eight bytes   2 varint length, bytes   5 four bytes
///
/// Source: "Encoding", Protocol Buffers documentation.
struct ProtobufReader {
  enum Value {
    case number(UInt64)
    case bytes(Range<Int>)
  }

  struct Field {
    var number: UInt64
    var value: Value
  }

  /// The message does not follow the encoding.
  struct Malformed: Error {}

  private let bytes: UnsafeRawBufferPointer
  private var next: Int
  private let end: Int

  /// Reads the message at `range`; ranges of values count from the start of `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "\(range)")
    self.bytes = bytes
    next = range.lowerBound
    end = range.upperBound
  }

  /// The next field; nil at the end.
  mutating func field() throws(Malformed) -> Field? {
    guard next < end else { return nil }
    let tag = try varint()
    guard tag >> 3 > 0 else { throw Malformed() }
    switch tag & 7 {
    case 0: return Field(number: tag >> 3, value: .number(try varint()))
    case 1: return Field(number: tag >> 3, value: .bytes(try take(8)))
    case 2: return Field(number: tag >> 3, value: .bytes(try take(try varint())))
    case 5: return Field(number: tag >> 3, value: .bytes(try take(4)))
    default: throw Malformed()
    }
  }

  private mutating func take(_ byteCount: UInt64) throws(Malformed) -> Range<Int> {
    guard byteCount <= UInt64(end - next) else { throw Malformed() }
    defer { next += Int(byteCount) }
    return next..<(next + Int(byteCount))
  }

  /// Seven bits a byte, the lowest first; ten bytes at most.
  private mutating func varint() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while next < end, shift < 64 {
      let byte = bytes[next]
      next += 1
      guard shift < 63 || byte <= 1 else { throw Malformed() }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Malformed()
  }
}
