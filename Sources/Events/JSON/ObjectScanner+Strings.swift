import CScan

/// A string whose syntax is checked.
struct ScannedString {
  /// The closing quote.
  var quote: UnsafeRawPointer
  var flags: ValueTraits.Flags
}

extension ObjectScanner {
  /// Scans a string from behind its opening quote.
  func scanString(at start: UnsafeRawPointer) throws(SyntaxFault) -> ScannedString {
    var cursor = start
    var hasNonASCII = false
    var flags: ValueTraits.Flags = []
    while true {
      cursor = scan_plain_text(cursor, end)
      switch try byte(at: cursor, or: "the end of a string") {
      case UInt8(ascii: "\""):
        if hasNonASCII, let position = firstMalformedUTF8(from: start, to: cursor) {
          throw fault(at: position, expected: "UTF-8")
        }
        return ScannedString(quote: cursor, flags: flags)
      case UInt8(ascii: "\\"):
        let escape = try scanEscape(at: cursor)
        flags.insert(escape.isStorable ? .escape : [.escape, .unstorableText])
        cursor = escape.end
      case 0x80...:
        hasNonASCII = true
        cursor = skipNonASCII(cursor)
      default:
        throw fault(at: cursor, expected: "an escape for a control character")
      }
    }
  }

  private func skipNonASCII(_ start: UnsafeRawPointer) -> UnsafeRawPointer {
    var cursor = start
    while cursor < end, cursor.load(as: UInt8.self) >= 0x80 { cursor += 1 }
    return cursor
  }

  /// Checks the escape (of a surrogate pair, both) at `backslash`.
  private func scanEscape(
    at backslash: UnsafeRawPointer
  ) throws(SyntaxFault) -> (end: UnsafeRawPointer, isStorable: Bool) {
    switch try byte(at: backslash + 1, or: "an escape") {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return (backslash + 2, true)
    case UInt8(ascii: "u"):
      break
    default:
      throw fault(at: backslash, expected: "an escape")
    }
    guard backslash + 6 <= end, let unit = hexadecimal4(backslash + 2) else {
      throw fault(at: backslash, expected: "four hexadecimal digits after \\u")
    }
    guard 0xD800...0xDFFF ~= unit else { return (backslash + 6, unit != 0) }
    // A low surrogate only counts behind a high one; what is no escape of one is scanned next.
    guard unit < 0xDC00, backslash + 12 <= end,
      (backslash + 6).loadUnaligned(as: UInt16.self).littleEndian == 0x755C,  // \u
      let low = hexadecimal4(backslash + 8), 0xDC00...0xDFFF ~= low
    else { return (backslash + 6, false) }
    return (backslash + 12, true)
  }
}
