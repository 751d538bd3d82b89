import Testing

@testable import OrderKPIs

@Suite struct ExactAmountTests {
  @Test(arguments: [
    ("1", 100, 0), ("12.5", 1250, 0), ("12.34", 1234, 0), ("0.01", 1, 0),
    ("9999999.99", 999_999_999, 0),
    ("12345678.9", 1_234_567_890, 0), ("0.005", 0, 500_000_000_000_000_000),
    ("49.990001678466797", 4999, 167_846_679_700_000),
    ("+3.10", 310, 0), ("1e2", 10_000, 0), (".5", 50, 0), ("007", 700, 0),
    ("999999999999.99", 99_999_999_999_999, 0), ("0.00000000000000000001", 0, 1),
  ])
  func `a number is read exactly`(text: String, hundredths: Int64, rest: Int64) {
    let amount = amount(text)
    #expect(amount?.hundredths == hundredths)
    #expect(amount?.rest == rest)
  }

  @Test(arguments: [
    "", "0", "0.000", "-1", "abc", "1.", "1 000", "1,5", "1000000000000", "0.000000000000000000001",
    "NaN", "1e", "--1", "0x10",
  ])
  func `what is no amount above 0 is none`(text: String) { #expect(amount(text) == nil) }

  @Test func `a sum rounds once, half away from zero`() throws {
    var sum = ExactSum()
    for _ in 0..<3 { sum += ExactSum(try #require(amount("0.005"))) }
    #expect(sum.rounded.description == "0.02")  // 0.015, not 3 x 0.01
    sum += ExactSum(try #require(amount("0.00999999999999999999")))
    #expect(sum.rounded.description == "0.02")
    sum += ExactSum(try #require(amount("0.00000000000000000001")))
    #expect(sum.rounded.description == "0.03")
    #expect(sum.divided(by: 2).description == "0.01")
    #expect(sum.divided(by: 5).description == "0.01")
    #expect(sum.divided(by: 6).description == "0.00")
  }

  @Test(arguments: [
    (1, 3, "33.33"), (2, 3, "66.67"), (1, 8, "12.50"), (1, 800, "0.13"), (1, 1600, "0.06"),
    (0, 7, "0.00"), (7, 7, "100.00"), (1, 80_000, "0.00"), (1, 20_000, "0.01"),
  ])
  func `a percentage rounds half away from zero`(part: Int, whole: Int, text: String) {
    #expect(RoundedFigure(percentage: part, of: whole).description == text)
  }

  @Test func `no number of amounts overflows a sum`() throws {
    let greatest = ExactSum(try #require(amount("999999999999.99999999999999999999")))
    var sum = greatest
    for _ in 0..<60 { sum += sum }
    #expect(sum.rounded.description == "1152921504606846975999999999999.99")
  }

  @Test func `an amount is multiplied exactly`() throws {
    let third = try #require(amount("0.33333333333333333333"))
    let product = try #require(third.times(3))
    #expect((product.hundredths, product.rest) == (99, 999_999_999_999_999_999))
    #expect(try #require(amount("999999999999.99")).times(2) == nil)
  }

  private func amount(_ text: String) -> ExactAmount? {
    let bytes = Array(text.utf8) + Array("77777777777777777777".utf8)
    return bytes.withUnsafeBytes {
      ExactAmount(UnsafeRawBufferPointer(rebasing: $0.prefix(text.utf8.count)))
    }
  }
}

extension ExactSum {
  fileprivate init(_ amount: ExactAmount) {
    self.init(hundredths: Int128(amount.hundredths), rest: Int128(amount.rest))
  }
}
