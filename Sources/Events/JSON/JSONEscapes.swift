/// The value of four hexadecimal digits, nil if they are none.
func hexadecimal4(_ digits: UnsafeRawPointer) -> UInt32? {
  var value: UInt32 = 0
  for index in 0..<4 {
    let byte = digits.load(fromByteOffset: index, as: UInt8.self)
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
    case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
    default: return nil
    }
  }
  return value
}

/// Backslash escapes of strings that PostgreSQL can hold: every surrogate is one of a pair.
enum JSONEscapes: EscapeStyle {
  static let maximumExpansion = 6

  static func unescape(_ text: UnsafeMutableRawPointer, byteCount: Int) -> Int {
    let end = text + byteCount
    var read = text
    var write = text
    while read < end {
      let byte = read.load(as: UInt8.self)
      guard byte == UInt8(ascii: "\\") else {
        write.storeBytes(of: byte, as: UInt8.self)
        (read, write) = (read + 1, write + 1)
        continue
      }
      let escape = decodeEscape(at: read)
      // No escape is shorter than its scalar in UTF-8: `write` never overtakes `read`.
      for unit in UTF8.encode(escape.scalar) ?? UTF8.encodedReplacementCharacter {
        write.storeBytes(of: unit, as: UInt8.self)
        write += 1
      }
      read += escape.byteCount
    }
    return write - text
  }

  static func unescapedByteCount(_ text: UnsafeRawPointer, byteCount: Int) -> Int {
    var count = 0
    var offset = 0
    while offset < byteCount {
      if text.load(fromByteOffset: offset, as: UInt8.self) == UInt8(ascii: "\\") {
        let escape = decodeEscape(at: text + offset)
        count += UTF8.width(escape.scalar)
        offset += escape.byteCount
      } else {
        (count, offset) = (count + 1, offset + 1)
      }
    }
    return count
  }

  /// The scalar of the escape at `backslash`, and how many bytes spell it.
  private static func decodeEscape(
    at backslash: UnsafeRawPointer
  ) -> (scalar: Unicode.Scalar, byteCount: Int) {
    let letter = backslash.load(fromByteOffset: 1, as: UInt8.self)
    switch letter {
    case UInt8(ascii: "b"): return ("\u{8}", 2)
    case UInt8(ascii: "f"): return ("\u{c}", 2)
    case UInt8(ascii: "n"): return ("\n", 2)
    case UInt8(ascii: "r"): return ("\r", 2)
    case UInt8(ascii: "t"): return ("\t", 2)
    case UInt8(ascii: "u"): break
    default: return (Unicode.Scalar(letter), 2)
    }
    let unit = hexadecimal4(backslash + 2) ?? 0xFFFD
    if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
    // The scan has found every surrogate of a storable string to be of a pair.
    guard let low = hexadecimal4(backslash + 8),
      let scalar = Unicode.Scalar(0x10000 &+ (unit &- 0xD800) << 10 &+ (low &- 0xDC00))
    else { return ("\u{FFFD}", 6) }
    return (scalar, 12)
  }
}
