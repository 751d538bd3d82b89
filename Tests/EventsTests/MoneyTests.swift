import Foundation
import TestSupport
import Testing

@testable import Events

@Suite struct MoneyTests {
  /// The amount of a text that other bytes follow.
  private func amount(_ text: String, before rest: String) -> Int64? {
    var bytes = Array((text + rest).utf8) + [UInt8](repeating: UInt8(ascii: "7"), count: 16)
    return bytes.withUnsafeMutableBytes { bytes in
      Money(UnsafeRawBufferPointer(rebasing: bytes[..<text.utf8.count]))?.hundredths
    }
  }

  @Test func `amounts of every length and number of decimals`() {
    var random = SplitMix64(seed: 9)
    for units in 1...11 {
      for decimals in 0...5 {
        for _ in 0..<50 {
          let digits = (0..<units + decimals).map { _ in Int.random(in: 0...9, using: &random) }
          let text = digits.map { "\($0)" }.joined()
          let point = text.index(text.startIndex, offsetBy: units)
          let number = text[..<point] + (decimals > 0 ? "." + text[point...] : "")
          var exact = Decimal(string: String(number)).map { $0 * 100 } ?? 0
          var rounded = Decimal()
          NSDecimalRound(&rounded, &exact, 0, .plain)
          let expected =
            rounded > 999_999_999_999 ? nil : NSDecimalNumber(decimal: rounded).int64Value
          for rest in [",", "}", "1", ".5", "e1,", ""] {
            #expect(amount(String(number), before: rest) == expected, "\(number) before \(rest)")
          }
        }
      }
    }
  }

  @Test(arguments: [
    "", ".", "5.", ".5.", "5..1", "5.x", "x", "1 ", "1.2 ", "--1", "1e", "12345678.",
  ])
  func `what is no amount`(text: String) { #expect(amount(text, before: ",") == nil) }
}
