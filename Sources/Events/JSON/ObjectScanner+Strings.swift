import CScan

/// A string whose syntax is checked.
struct ScannedString {
  /// The closing quote.
  var quote: UnsafeRawPointer
  var flags: JSONTraits.Flags
}

extension ObjectScanner {
  /// Scans a string from behind its opening quote.
  @inline(__always)
  func scanString(at start: UnsafeRawPointer) throws(JSONFault) -> ScannedString {
    let stop = scan_json_string(start, end)
    if stop.position < end, !stop.has_non_ascii,
      stop.position.load(as: UInt8.self) == UInt8(ascii: "\"")
    {
      return ScannedString(quote: stop.position, flags: [])
    }
    return try scanUnusualString(from: start, first: stop)
  }

  /// Goes on after the first stop in a string with escapes, non-ASCII text or a fault.
  @inline(never)
  private func scanUnusualString(
    from start: UnsafeRawPointer,
    first: scan_stop
  ) throws(JSONFault) -> ScannedString {
    var stop = first
    var hasNonASCII = stop.has_non_ascii
    var flags: JSONTraits.Flags = []
    while true {
      switch try byte(at: stop.position, or: "the end of a string") {
      case UInt8(ascii: "\""):
        if hasNonASCII, let position = firstMalformedUTF8(from: start, to: stop.position) {
          throw fault(at: position, expected: "UTF-8")
        }
        return ScannedString(quote: stop.position, flags: flags)
      case UInt8(ascii: "\\"):
        flags.insert(.escape)
        let escape = try scanEscape(at: stop.position)
        if !escape.isStorable { flags.insert(.unstorableText) }
        stop = scan_json_string(escape.end, end)
        hasNonASCII = hasNonASCII || stop.has_non_ascii
      default:
        throw fault(at: stop.position, expected: "an escape for a control character")
      }
    }
  }

  /// Checks the escape (of a surrogate pair, both) at `backslash`.
  private func scanEscape(
    at backslash: UnsafeRawPointer
  ) throws(JSONFault) -> (end: UnsafeRawPointer, isStorable: Bool) {
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
