extension Money {
  /// Reads a decimal number exactly, rounded half away from zero; nil if it does not fit.
  ///
  /// - Parameter text: 8 readable bytes follow it, whatever they hold.
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

  /// As above for one to seven digits and up to two decimals: the form nearly all amounts have.
  @inline(__always)
  private init?(plain text: UnsafeRawBufferPointer) {
    guard let start = text.baseAddress else { return nil }
    let digits = DigitRun(at: start)
    let count = digits.count
    guard 1...7 ~= count else { return nil }
    let units = digits.value(count: count) &* 100
    let decimalCount = text.count &- count &- 1
    if decimalCount == -1 {
      self.init(hundredths: units)
      return
    }
    guard 1...2 ~= decimalCount,
      start.load(fromByteOffset: count, as: UInt8.self) == UInt8(ascii: ".")
    else { return nil }
    let decimals = DigitRun(at: start + count + 1)
    guard decimals.count >= decimalCount else { return nil }
    let fraction = decimals.value(count: decimalCount) &* (decimalCount == 1 ? 10 : 1)
    self.init(hundredths: units &+ fraction)
  }
}

extension Money {
  /// Bytes that `write(to:)` needs at most.
  package static let maximumTextByteCount = 24

  /// Writes the amount as `-1234.50` without allocating; returns its byte count.
  ///
  /// Needs room for `maximumTextByteCount` bytes.
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
