import Events

/// An amount of money above 0, exact to 20 decimals.
///
///     value = hundredths x 10^-2 + rest x 10^-20
///
/// Files hold prices such as 49.990001678466797 too; nothing is rounded before figures are written.
package struct ExactAmount: Hashable, BitwiseCopyable, Sendable {
  /// Below 10^14.
  package let hundredths: Int64
  /// Below 10^18.
  package let rest: Int64

  static let restUnit: Int64 = 1_000_000_000_000_000_000
  private static let maximumHundredths = 99_999_999_999_999
  private static let decimals = 20

  package init?(hundredths: Int64, rest: Int64 = 0) {
    guard 0...Int64(Self.maximumHundredths) ~= hundredths, 0..<Self.restUnit ~= rest,
      hundredths | rest != 0
    else { return nil }
    self.hundredths = hundredths
    self.rest = rest
  }

  /// Reads a decimal number; nil unless it is one, above 0, below 10^12, of at most 20 decimals.
  ///
  /// - Parameter text: 16 readable bytes follow it, whatever they hold.
  @inline(__always)
  package init?(_ text: UnsafeRawBufferPointer) {
    if let hundredths = Self.plainHundredths(text) {
      self.init(hundredths: hundredths)
    } else {
      self.init(anyForm: text)
    }
  }

  /// One to seven digits, perhaps a point and one or two decimals: what nearly all amounts are.
  @inline(__always)
  private static func plainHundredths(_ text: UnsafeRawBufferPointer) -> Int64? {
    guard let start = text.baseAddress else { return nil }
    let digits = DigitRun(at: start)
    let count = min(digits.count, text.count)
    guard 1...7 ~= count else { return nil }
    let units = digits.value(count: count) &* 100
    if count == text.count { return units }
    guard start.load(fromByteOffset: count, as: UInt8.self) == UInt8(ascii: ".") else { return nil }
    let decimals = DigitRun(at: start + count + 1)
    switch text.count &- count {
    case 3 where decimals.count >= 2: return units &+ decimals.value(count: 2)
    case 2 where decimals.count >= 1: return units &+ decimals.value(count: 1) &* 10
    default: return nil
    }
  }

  @inline(never)
  private init?(anyForm text: UnsafeRawBufferPointer) {
    guard let decimal = DecimalText(text), !decimal.isNegative,
      let magnitude = decimal.magnitude(decimals: Self.decimals, digits: 32)
    else { return nil }
    let parts = magnitude.quotientAndRemainder(dividingBy: UInt128(Self.restUnit))
    self.init(hundredths: Int64(parts.quotient), rest: Int64(parts.remainder))
  }

  /// So many times the amount; nil from 10^12 on.
  func times(_ count: Int32) -> ExactAmount? {
    if count == 1 { return self }
    let rest = Int128(rest) * Int128(count)
    let carry = rest / Int128(Self.restUnit)
    let hundredths = Int128(hundredths) * Int128(count) + carry
    guard hundredths <= Int128(Self.maximumHundredths) else { return nil }
    return ExactAmount(
      hundredths: Int64(hundredths),
      rest: Int64(rest - carry * Int128(Self.restUnit))
    )
  }
}
