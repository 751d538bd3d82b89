/// A decimal number, taken apart without computing it.
///
/// Its value is 0.d1d2d3... x 10^`point`, d1 not zero.
/// Exact for any number of digits and any exponent. `12345e-3` has the digits 12345 and point 2.
package struct DecimalText {
  private let text: UnsafeRawBufferPointer
  package let isNegative: Bool
  /// Where the first and the last digit other than zero stand in the text; nil if there is none.
  private var significant: ClosedRange<Int>?
  private(set) var point = 0

  /// Reads `[+-]digits[.digits][e[+-]digits]`; nil if the text is anything else.
  ///
  /// More lenient than JSON (leading zeros, plus signs), whose scanner checks by itself.
  package init?(_ text: UnsafeRawBufferPointer) {
    self.text = text
    var cursor = 0
    isNegative = text.first == UInt8(ascii: "-")
    if isNegative || text.first == UInt8(ascii: "+") { cursor = 1 }

    var digits = 0
    var fractionDigits: Int?
    while cursor < text.count {
      let byte = text[cursor]
      if byte == UInt8(ascii: "."), fractionDigits == nil {
        fractionDigits = 0
      } else {
        guard byte &- 0x30 <= 9 else { break }
        digits += 1
        if fractionDigits != nil { fractionDigits? += 1 }
        if byte != 0x30 { significant = (significant?.lowerBound ?? cursor)...cursor }
        if significant != nil, fractionDigits == nil { point += 1 }
        if significant == nil, fractionDigits != nil { point -= 1 }
      }
      cursor += 1
    }
    guard digits > 0, fractionDigits != 0 else { return nil }
    guard cursor < text.count else { return }
    guard text[cursor] | 0x20 == UInt8(ascii: "e"),
      let exponent = Self.exponent(UnsafeRawBufferPointer(rebasing: text[(cursor + 1)...]))
    else { return nil }
    point += exponent
  }

  /// Stops at 2^40, which no count of digits in a message reaches.
  private static func exponent(_ text: UnsafeRawBufferPointer) -> Int? {
    let hasSign = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+")
    let digits = text.dropFirst(hasSign ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var magnitude = 0
    for byte in digits {
      guard byte &- 0x30 <= 9 else { return nil }
      magnitude = min(magnitude * 10 + Int(byte - 0x30), 1 << 40)
    }
    return text.first == UInt8(ascii: "-") ? -magnitude : magnitude
  }

  package var isZero: Bool { significant == nil }
  package var isPositive: Bool { !isNegative && !isZero }

  /// Whether the value has no fraction.
  package var isInteger: Bool {
    guard let significant else { return true }
    return text[significant].count(where: { $0 != UInt8(ascii: ".") }) <= point
  }

  /// The value in units of 10^-`decimals`, rounded half away from zero; nil beyond `maximum`.
  func rounded(decimals: Int, maximum: Int64) -> Int64? {
    guard let significant else { return 0 }
    var missing = point + decimals
    guard missing >= 0 else { return 0 }
    // The first digit is not zero: 18 digits always exceed what callers ask for.
    guard missing <= 18 else { return nil }
    var value: Int64 = 0
    for byte in text[significant] where byte != UInt8(ascii: ".") {
      if missing == 0 {
        if byte >= UInt8(ascii: "5") { value += 1 }
        break
      }
      value = value * 10 + Int64(byte - 0x30)
      missing -= 1
    }
    // Digits that are not written are zeros; the loop leaves `missing` at 0 when one was dropped.
    for _ in 0..<missing { value *= 10 }
    guard value <= maximum else { return nil }
    return isNegative ? -value : value
  }

  /// The magnitude in units of 10^-`decimals` if it is a whole number of them, and below
  /// 10^`digits`, which is at most 10^38; otherwise nil.
  package func magnitude(decimals: Int, digits: Int) -> UInt128? {
    guard let significant else { return 0 }
    var missing = point + decimals
    guard missing <= digits else { return nil }
    var value: UInt128 = 0
    for byte in text[significant] where byte != UInt8(ascii: ".") {
      guard missing > 0 else { return nil }
      value = value * 10 + UInt128(byte - 0x30)
      missing -= 1
    }
    for _ in 0..<missing { value *= 10 }
    return value
  }
}
