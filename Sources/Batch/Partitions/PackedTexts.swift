import Events

/// Texts of a record in memory, without the message around them.
///
/// ```
/// length of each text | the texts
/// 1 byte up to 253; 254: Int32 follows; 255: absent
/// ```
enum PackedTexts {
  /// Bytes that reading and writing may touch behind a text.
  static let margin = 16

  fileprivate static let longLength: UInt8 = 254
  fileprivate static let absentLength: UInt8 = 255

  /// The most bytes that the texts take.
  @inline(__always)
  static func maximumByteCount(_ texts: some TextGroup) -> Int {
    var byteCount = 0
    texts.forEach { byteCount &+= 5 &+ max(Int($0.length), 0) }
    return byteCount
  }

  /// Writes the texts of the message at `message`; returns their end.
  @inline(__always)
  static func write(
    _ texts: some TextGroup,
    of message: UnsafeRawPointer,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    var cursor = target
    texts.forEach { slice in
      if slice.length < Int32(longLength) {
        let length = slice.isAbsent ? absentLength : UInt8(truncatingIfNeeded: slice.length)
        cursor.storeBytes(of: length, as: UInt8.self)
        cursor += 1
      } else {
        cursor.storeBytes(of: longLength, as: UInt8.self)
        cursor.storeBytes(of: slice.length, toByteOffset: 1, as: Int32.self)
        cursor += 5
      }
    }
    texts.forEach { slice in
      let count = max(Int(slice.length), 0)
      copy(message + Int(slice.offset), count, to: cursor)
      cursor += count
    }
    return cursor
  }

  /// Whether the packed texts, none of which is long, are those of the message at `message`.
  ///
  /// Reads up to 7 bytes behind each text.
  @inline(__always)
  static func equal(
    _ packed: UnsafeRawPointer,
    _ texts: some TextGroup,
    of message: UnsafeRawPointer
  ) -> Bool {
    var lengths = packed
    var differs = false
    texts.forEach { slice in
      let length = slice.isAbsent ? Int32(absentLength) : slice.length
      differs = differs || Int32(lengths.load(as: UInt8.self)) != length
      lengths += 1
    }
    if differs { return false }
    var cursor = lengths
    var difference: UInt64 = 0
    texts.forEach { slice in
      let source = message + Int(slice.offset)
      let count = max(Int(slice.length), 0)
      var offset = 0
      while offset < count {
        let bytes =
          cursor.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          ^ source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let rest = count &- offset
        difference |= rest < 8 ? bytes.littleEndian & WordHash.mask(rest) : bytes
        offset &+= 8
      }
      cursor += count
    }
    return difference == 0
  }

  /// Copies in blocks of 16 bytes: up to 15 more are read and written.
  @inline(__always)
  static func copy(
    _ source: UnsafeRawPointer,
    _ count: Int,
    to target: UnsafeMutableRawPointer
  ) {
    var offset = 0
    while offset < count {
      let block = source.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
      target.storeBytes(of: block, toByteOffset: offset, as: SIMD16<UInt8>.self)
      offset &+= 16
    }
  }
}

/// Brings groups of packed texts together again, one behind the other.
struct UnpackedTexts {
  /// At the next length; behind `copy`, behind the group.
  var cursor: UnsafeRawPointer
  /// Where the texts of the next group go: behind those of the others.
  private(set) var end: UnsafeMutableRawPointer
  private var offset: UInt32 = 0
  private var groupByteCount = 0

  /// - Parameters:
  ///   - cursor: the first group.
  ///   - memory: where the texts go; their slices count from here.
  init(_ cursor: UnsafeRawPointer, into memory: UnsafeMutableRawPointer) {
    self.cursor = cursor
    end = memory
  }

  /// Reads one length of the group: of a text that `copy` will bring.
  @inline(__always)
  mutating func readLength() -> ByteSlice {
    let short = cursor.load(as: UInt8.self)
    cursor += 1
    if short == PackedTexts.absentLength { return .absent }
    var length = Int32(short)
    if short == PackedTexts.longLength {
      length = cursor.loadUnaligned(as: Int32.self)
      cursor += 4
    }
    defer { offset &+= UInt32(truncatingIfNeeded: length) }
    groupByteCount &+= Int(length)
    return ByteSlice(offset: offset, length: length)
  }

  /// Copies the group's texts, whose lengths were all read, and moves behind them.
  @inline(__always)
  mutating func copy() {
    PackedTexts.copy(cursor, groupByteCount, to: end)
    cursor += groupByteCount
    end += groupByteCount
    groupByteCount = 0
  }
}

/// Texts that are packed together, in their order.
protocol TextGroup {
  func forEach(_ body: (ByteSlice) -> Void)
}

struct TextPair: TextGroup {
  let first: ByteSlice
  let second: ByteSlice

  @inline(__always)
  func forEach(_ body: (ByteSlice) -> Void) {
    body(first)
    body(second)
  }
}

struct TextTriple: TextGroup {
  let first: ByteSlice
  let second: ByteSlice
  let third: ByteSlice

  @inline(__always)
  func forEach(_ body: (ByteSlice) -> Void) {
    body(first)
    body(second)
    body(third)
  }
}
