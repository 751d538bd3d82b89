import CScan
import Events

/// Texts one behind the other in PostgreSQL's binary COPY form, which is that of an answer's fields.
///
/// ```
/// byte count (Int32, big-endian; -1: absent) | bytes | byte count | bytes | ...
/// ```
enum CopyTexts {
  /// Bytes that reading and writing may touch behind a text.
  static let margin = 32

  /// The most bytes that the texts take.
  @inline(__always)
  static func maximumByteCount(_ texts: some TextGroup) -> Int {
    var byteCount = 0
    texts.forEach { byteCount &+= 4 &+ max(Int($0.length), 0) }
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
      cursor.storeBytes(of: slice.length.bigEndian, as: Int32.self)
      let count = max(Int(slice.length), 0)
      copy(message + Int(slice.offset), count, to: cursor + 4)
      cursor += 4 &+ count
    }
    return cursor
  }

  /// Writes one text; returns its end.
  @inline(__always)
  static func write(
    _ text: UnsafeRawBufferPointer,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    target.storeBytes(of: Int32(truncatingIfNeeded: text.count).bigEndian, as: Int32.self)
    if let bytes = text.baseAddress { copy(bytes, text.count, to: target + 4) }
    return target + 4 + text.count
  }

  /// Whether the written texts are those of the message at `message`.
  @inline(__always)
  static func equal(
    _ written: UnsafeRawPointer,
    _ texts: some TextGroup,
    of message: UnsafeRawPointer
  ) -> Bool {
    var cursor = written
    var isEqual = true
    texts.forEach { slice in
      guard isEqual, cursor.loadUnaligned(as: Int32.self) == slice.length.bigEndian else {
        isEqual = false
        return
      }
      cursor += 4
      let count = max(Int(slice.length), 0)
      isEqual = scan_equal_short(cursor, message + Int(slice.offset), count)
      cursor += count
    }
    return isEqual
  }

  /// The next of some texts, which `cursor` is moved behind; its bytes are at the old cursor + 4.
  @inline(__always)
  static func next(_ cursor: inout UnsafeRawPointer) -> Int32 {
    let length = Int32(bigEndian: cursor.loadUnaligned(as: Int32.self))
    cursor += 4 &+ max(Int(length), 0)
    return length
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

/// Texts that are written together, in their order.
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
