extension Money {
  /// Reads a decimal number exactly, rounded half away from zero; nil if it does not fit.
  package init?(_ text: UnsafeRawBufferPointer) {
    if let plain = Money(plain: text) {
      self = plain
      return
    }
    guard
      let hundredths = DecimalText(text)?.rounded(decimals: 2, maximum: 999_999_999_999)
    else { return nil }
    self.init(hundredths: hundredths)
  }

  /// As above for up to ten digits and two decimals, the form nearly every amount has.
  private init?(plain text: UnsafeRawBufferPointer) {
    var value: Int64 = 0
    var cursor = 0
    let count = text.count
    while cursor < count, text[cursor] &- 0x30 <= 9 {
      value = value &* 10 &+ Int64(text[cursor] &- 0x30)
      cursor += 1
    }
    guard 1...10 ~= cursor else { return nil }
    if cursor == count {
      self.init(hundredths: value &* 100)
      return
    }
    guard text[cursor] == UInt8(ascii: "."), cursor + 3 == count,
      text[cursor + 1] &- 0x30 <= 9, text[cursor + 2] &- 0x30 <= 9
    else { return nil }
    let cents = Int64(text[cursor + 1] &- 0x30) &* 10 &+ Int64(text[cursor + 2] &- 0x30)
    self.init(hundredths: value &* 100 &+ cents)
  }
}

extension Money {
  /// Bytes that `write(to:)` needs at most.
  package static let maximumTextByteCount = 24

  /// Writes the amount as `-1234.50` without allocating; returns its byte count.
  ///
  /// - Parameter text: at least `maximumTextByteCount` bytes.
  package func write(to text: UnsafeMutableRawPointer) -> Int {
    let (units, cents) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    var unitDigits = 1
    var bound: UInt64 = 10
    while units >= bound {
      unitDigits += 1
      bound *= 10
    }
    var writer = DigitWriter(cursor: text)
    if hundredths < 0 { writer.write(byte: UInt8(ascii: "-")) }
    writer.write(Int(units), digits: unitDigits)
    writer.write(byte: UInt8(ascii: "."))
    writer.write(Int(cents), digits: 2)
    return writer.cursor - text
  }

  /// The amount as `-1234.50`, for messages and tests.
  package var text: String {
    withUnsafeTemporaryAllocation(byteCount: Self.maximumTextByteCount, alignment: 1) { text in
      guard let start = text.baseAddress else { return "" }
      return String(decoding: text.prefix(write(to: start)), as: UTF8.self)
    }
  }
}
