/// The first byte of the first sequence that is not UTF-8 (RFC 3629: shortest form, no surrogates,
/// up to U+10FFFF); nil if all is well.
func firstMalformedUTF8(
  from start: UnsafeRawPointer,
  to end: UnsafeRawPointer
) -> UnsafeRawPointer? {
  var cursor = start
  while cursor < end {
    let first = cursor.load(as: UInt8.self)
    if first < 0x80 {
      let isASCII =
        end - cursor >= 8 && cursor.loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 == 0
      cursor += isASCII ? 8 : 1
      continue
    }
    // The second byte's range is what rules out long forms, surrogates and too great scalars.
    let byteCount: Int
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch first {
    case 0xC2...0xDF: byteCount = 2
    case 0xE0: (byteCount, second) = (3, 0xA0...0xBF)
    case 0xED: (byteCount, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: byteCount = 3
    case 0xF0: (byteCount, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: byteCount = 4
    case 0xF4: (byteCount, second) = (4, 0x80...0x8F)
    default: return cursor
    }
    guard end - cursor >= byteCount,
      second ~= cursor.load(fromByteOffset: 1, as: UInt8.self)
    else { return cursor }
    for offset in 2..<max(byteCount, 2) {
      guard cursor.load(fromByteOffset: offset, as: UInt8.self) & 0xC0 == 0x80 else {
        return cursor
      }
    }
    cursor += byteCount
  }
  return nil
}
