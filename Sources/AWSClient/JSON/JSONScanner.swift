import CScan

/// Reads JSON once, from its start to its end, and decodes texts where they stand.
///
///     {"Records":[{"Data":"aGVsbG8=", ...}], ...}
///      field      element  bytes()     skip() for what is not asked for
///
/// For the answers that carry records: nothing is built but what the caller keeps. Texts are ranges of
/// the scanned memory, good as long as it is. Source: RFC 8259.
package struct JSONScanner: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private let byteCount: Int
  /// The next byte to read.
  package private(set) var offset = 0

  /// Deeper than any answer nests; more is refused.
  private static let greatestDepth = 64

  /// - Parameter bytes: 64 zero bytes stand behind them (see `ScannableBytes`); they are changed.
  package init(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { preconditionFailure("bytes without padding") }
    base = start
    byteCount = bytes.count
  }

  // MARK: Objects and arrays

  /// Calls `body` for each field, with its name's range; it has to read or `skip` the value.
  package mutating func fields(
    _ body: (_ scanner: inout JSONScanner, _ name: Range<Int>) throws(AnswerFormatError) -> Void
  ) throws(AnswerFormatError) {
    try take("{", "an object")
    if takeIfNext("}") { return }
    repeat {
      let name = try text()
      try take(":", "a colon")
      try body(&self, name)
    } while takeIfNext(",")
    try take("}", "a comma or the object's end")
  }

  /// Calls `body` for each element; it has to read or `skip` it.
  package mutating func elements(
    _ body: (_ scanner: inout JSONScanner) throws(AnswerFormatError) -> Void
  ) throws(AnswerFormatError) {
    try take("[", "an array")
    if takeIfNext("]") { return }
    repeat { try body(&self) } while takeIfNext(",")
    try take("]", "a comma or the array's end")
  }

  /// True when a range, such as a field's name, holds just this text.
  package func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
    range.count == text.utf8CodeUnitCount
      && scan_equal(base + range.lowerBound, text.utf8Start, range.count)
  }

  /// Passes over any value.
  package mutating func skip() throws(AnswerFormatError) { try skip(depth: 0) }

  /// True, and behind it, when the value is null.
  package mutating func skipNull() -> Bool {
    guard peek() == UInt8(ascii: "n"), isNext("null") else { return false }
    offset += 4
    return true
  }

  // MARK: Values

  /// A text, its escapes undone where it stands.
  package mutating func text() throws(AnswerFormatError) -> Range<Int> {
    try take("\"", "a text")
    let start = offset
    while true {
      let stop = scan_plain_text(base + offset, base + byteCount) - UnsafeRawPointer(base)
      guard stop < byteCount else { throw .expected("a closing quote", at: byteCount) }
      offset = stop
      switch byte(at: stop) {
      case UInt8(ascii: "\""):
        offset = stop + 1
        return start..<stop
      case UInt8(ascii: "\\"): return try escapedText(from: start)
      case 0x80...: offset = stop + 1
      default: throw .expected("no control character in a text", at: stop)
      }
    }
  }

  /// Bytes that stand as base64 text, decoded where it stands.
  package mutating func bytes() throws(AnswerFormatError) -> Range<Int> {
    let text = try text()
    let start = base + text.lowerBound
    let count = base64_decode(start, text.count, start)
    guard count >= 0 else { throw .expected("base64", at: text.lowerBound) }
    return text.lowerBound..<text.lowerBound + count
  }

  /// A number in units of 10^-`decimals`, cut towards zero; exponents are understood.
  package mutating func number(decimals: Int = 0) throws(AnswerFormatError) -> Int64 {
    skipSpace()
    let start = offset
    let isNegative = takeIfNext("-")
    var value: Int64 = 0
    // Digits beyond 18 are dropped, and only count as places.
    var places = decimals
    var digitCount = 0
    var isFraction = false
    while true {
      let byte = byte(at: offset)
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
      } else if case let digit = byte &- UInt8(ascii: "0"), digit <= 9 {
        digitCount += 1
        if value < 100_000_000_000_000_000 {
          value = value * 10 + Int64(digit)
          if isFraction { places -= 1 }
        } else if !isFraction {
          places += 1
        }
      } else {
        break
      }
      offset += 1
    }
    guard digitCount > 0 else { throw .expected("a number", at: start) }
    if byte(at: offset) | 0x20 == UInt8(ascii: "e") { places += try exponent() }
    while places < 0, value != 0 {
      value /= 10
      places += 1
    }
    while places > 0, value != 0 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { throw .expected("a number below 2^63", at: start) }
      value = product
      places -= 1
    }
    return isNegative ? -value : value
  }

  // MARK: Bytes

  /// Reads 0 behind the end: the padding.
  @inline(__always)
  private func byte(at offset: Int) -> UInt8 { base.load(fromByteOffset: offset, as: UInt8.self) }

  @inline(__always)
  private mutating func peek() -> UInt8 {
    skipSpace()
    return byte(at: offset)
  }

  private mutating func skipSpace() {
    while offset < byteCount {
      switch byte(at: offset) {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        offset += 1
      default: return
      }
    }
  }

  private mutating func takeIfNext(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func take(
    _ character: Unicode.Scalar,
    _ what: String
  ) throws(AnswerFormatError) {
    guard takeIfNext(character) else { throw .expected(what, at: offset) }
  }

  private func isNext(_ word: StaticString) -> Bool {
    scan_equal(base + offset, word.utf8Start, word.utf8CodeUnitCount)
  }

  private mutating func skip(depth: Int) throws(AnswerFormatError) {
    guard depth < Self.greatestDepth else {
      throw .expected("at most \(Self.greatestDepth) levels", at: offset)
    }
    switch peek() {
    case UInt8(ascii: "\""): _ = try text()
    case UInt8(ascii: "{"):
      try fields { (scanner, _) throws(AnswerFormatError) in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "["):
      try elements { (scanner) throws(AnswerFormatError) in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "t") where isNext("true"): offset += 4
    case UInt8(ascii: "f") where isNext("false"): offset += 5
    case UInt8(ascii: "n") where isNext("null"): offset += 4
    default: _ = try number()
    }
  }

  private mutating func exponent() throws(AnswerFormatError) -> Int {
    offset += 1
    let isNegative = byte(at: offset) == UInt8(ascii: "-")
    if isNegative || byte(at: offset) == UInt8(ascii: "+") { offset += 1 }
    var value = 0
    let start = offset
    while case let digit = byte(at: offset) &- UInt8(ascii: "0"), digit <= 9 {
      if value < 1000 { value = value * 10 + Int(digit) }
      offset += 1
    }
    guard offset > start else { throw .expected("an exponent", at: start) }
    return isNegative ? -value : value
  }

  // MARK: Escapes

  /// Goes on from the first backslash; what is decoded is never longer than its escape.
  private mutating func escapedText(from start: Int) throws(AnswerFormatError) -> Range<Int> {
    var end = offset
    func put(_ byte: UInt8) {
      base.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
      end += 1
    }
    while offset < byteCount {
      let next = byte(at: offset)
      offset += 1
      switch next {
      case UInt8(ascii: "\""): return start..<end
      case UInt8(ascii: "\\"):
        let scalar = try escapedScalar()
        for byte in Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter {
          put(byte)
        }
      case 0x20...: put(next)
      default: throw .expected("no control character in a text", at: offset - 1)
      }
    }
    throw .expected("a closing quote", at: byteCount)
  }

  private mutating func escapedScalar() throws(AnswerFormatError) -> Unicode.Scalar {
    let start = offset
    let kind = byte(at: offset)
    offset += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let high = try codeUnit()
      if let scalar = Unicode.Scalar(high) { return scalar }
      guard high < 0xDC00, isNext("\\u") else { throw .expected("a pair of surrogates", at: start) }
      offset += 2
      let low = try codeUnit()
      guard 0xDC00...0xDFFF ~= low,
        let scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xD800) << 10 + UInt32(low) - 0xDC00)
      else { throw .expected("a pair of surrogates", at: start) }
      return scalar
    default: throw .expected("an escape", at: start)
    }
  }

  private mutating func codeUnit() throws(AnswerFormatError) -> UInt16 {
    var value: UInt16 = 0
    for place in 0..<4 {
      let digit: UInt8
      switch byte(at: offset + place) {
      case let byte where UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte: digit = byte - 0x30
      case let byte where UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20:
        digit = (byte | 0x20) - UInt8(ascii: "a") + 10
      default: throw .expected("four hexadecimal digits", at: offset)
      }
      value = value << 4 | UInt16(digit)
    }
    offset += 4
    return value
  }
}
