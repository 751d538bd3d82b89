import Dataflow
import Events
import Testing

@Suite struct CopyFieldTests {
  private static let amounts: [(Int64, [UInt8])] = [
    (0, [0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 2]),
    (1, [0, 0, 0, 10, 0, 1, 255, 255, 0, 0, 0, 2, 0, 100]),
    (-5, [0, 0, 0, 10, 0, 1, 255, 255, 0x40, 0, 0, 2, 1, 244]),
    (1999, [0, 0, 0, 12, 0, 2, 0, 0, 0, 0, 0, 2, 0, 19, 38, 172]),
    (100_0000_00, [0, 0, 0, 10, 0, 1, 0, 1, 0, 0, 0, 2, 0, 100]),
    (1_0000_0001_00, [0, 0, 0, 14, 0, 3, 0, 2, 0, 0, 0, 2, 0, 1, 0, 0, 0, 1]),
    (
      -999_999_999_999,
      [0, 0, 0, 16, 0, 4, 0, 2, 0x40, 0, 0, 2, 0, 99, 39, 15, 39, 15, 38, 172]
    ),
  ]

  private static let times: [(Int64, [UInt8])] = [
    (946_684_800_000_000, [0, 0, 0, 0, 0, 0, 0, 0]),
    (946_684_799_999_999, [255, 255, 255, 255, 255, 255, 255, 255]),
    (946_684_800_000_258, [0, 0, 0, 0, 0, 0, 1, 2]),
    (Int64.max, [127, 255, 255, 255, 255, 255, 255, 255]),
    (Int64.min, [128, 0, 0, 0, 0, 0, 0, 0]),
    (Int64.min + 5, [128, 0, 0, 0, 0, 0, 0, 0]),
  ]

  private func bytes(_ write: (UnsafeMutableRawPointer) -> Int) -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { buffer in
      guard let base = buffer.baseAddress else { return [] }
      return Array(buffer[..<write(base)])
    }
  }

  @Test(arguments: Self.amounts)
  func `an amount is a numeric of scale 2`(hundredths: Int64, expected: [UInt8]) {
    #expect(bytes { CopyField.write(money: Money(hundredths: hundredths), to: $0) } == expected)
    #expect(expected.count <= CopyField.maximumMoneyByteCount)
  }

  @Test func `what is absent is NULL`() {
    let null: [UInt8] = [255, 255, 255, 255]
    #expect(bytes { CopyField.write(money: .absent, to: $0) } == null)
    #expect(bytes { CopyField.write(text: .absent, of: $0, to: $0) } == null)
    #expect(bytes { CopyField.writeNull(to: $0) } == null)
  }

  @Test func `an empty text is not NULL`() {
    let empty = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(bytes { CopyField.write(text: empty, to: $0) } == [0, 0, 0, 0])
  }

  @Test func `a text stands behind its byte count`() {
    let written = Array("é1".utf8).withUnsafeBytes { text in
      bytes { CopyField.write(text: text, to: $0) }
    }
    #expect(written == [0, 0, 0, 3, 0xC3, 0xA9, 0x31])
  }

  @Test(arguments: Self.times)
  func `a timestamp counts from 2000`(microseconds: Int64, expected: [UInt8]) {
    let time = EventTime(microseconds: microseconds)
    #expect(bytes { CopyField.write(timestamp: time, to: $0) } == [0, 0, 0, 8] + expected)
  }

  @Test func `an int32 is big-endian`() {
    #expect(bytes { CopyField.write(int32: 258, to: $0) } == [0, 0, 0, 4, 0, 0, 1, 2])
    #expect(bytes { CopyField.write(int32: -1, to: $0) } == [0, 0, 0, 4, 255, 255, 255, 255])
  }
}
