import TestSupport
import Testing

@testable import KinesisConnect

@Suite struct SequenceNumberTests {
  @Test func `numbers are ordered as numbers, whatever their length`() throws {
    var random = SplitMix64(seed: 5)
    for _ in 0..<2000 {
      let texts = (0..<2).map { _ in
        (0..<Int.random(in: 1...60, using: &random))
          .map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
      }
      let numbers = try texts.map { try #require(SequenceNumber($0)) }
      let padded = texts.map { String(repeating: "0", count: 60 - $0.count) + $0 }
      #expect((numbers[0] < numbers[1]) == (padded[0] < padded[1]))
      #expect((numbers[0] == numbers[1]) == (padded[0] == padded[1]))
    }
  }

  @Test(arguments: ["", "-1", "1a", "٣", String(repeating: "1", count: 130)])
  func `what is no decimal number is refused`(text: String) {
    #expect(SequenceNumber(text) == nil)
  }
}
