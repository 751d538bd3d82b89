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
    texts.forEach { cursor += CopyField.writeVectors(text: $0, of: message, to: cursor) }
    return cursor
  }

  /// Writes one text; returns its end.
  @inline(__always)
  static func write(
    _ text: UnsafeRawBufferPointer,
    to target: UnsafeMutableRawPointer
  ) -> UnsafeMutableRawPointer {
    target.storeBytes(of: Int32(truncatingIfNeeded: text.count).bigEndian, as: Int32.self)
    if let bytes = text.baseAddress {
      CopyField.copyVectors(from: bytes, to: target + 4, byteCount: text.count)
    }
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
