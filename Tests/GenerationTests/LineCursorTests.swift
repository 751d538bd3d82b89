import Dataflow
import Events
import Testing

@testable import Generation

@Suite struct LineCursorTests {
  private func text(_ write: (inout LineCursor) -> Void) -> String {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { memory in
      guard let base = memory.baseAddress else { return "" }
      var line = LineCursor(next: base)
      write(&line)
      return String(decoding: memory[..<(line.next - base)], as: UTF8.self)
    }
  }

  @Test func `hexadecimal digits are those of the number`() {
    for number in [0, 0x0123_4567_89ab_cdef, .max, 0xf0e1_d2c3_b4a5_9687] as [UInt64] {
      let digits = String(number, radix: 16)
      let expected = String(repeating: "0", count: 16 - digits.count) + digits
      #expect(text { $0.appendHexadecimal(number) } == expected)
    }
  }

  @Test func `decimal digits and amounts are written exactly`() {
    #expect(text { $0.appendDecimal(0) } == "0")
    #expect(text { $0.appendDecimal(10) } == "10")
    #expect(text { $0.appendDecimal(9_999_999_999) } == "9999999999")
    #expect(text { $0.appendDecimal(42, digits: 7) } == "0000042")
    #expect(text { $0.append(hundredths: 5) } == "0.05")
    #expect(text { $0.append(hundredths: 123_456) } == "1234.56")
  }

  @Test func `times are written as the rest of the program writes them`() {
    var timestamps = TimeWriter()
    for microseconds in [
      0, -1, 1_795_248_930_123_456, 1_795_248_930_123_457, 951_782_399_999_999,
      4_102_444_800_000_000,
    ] as [Int64] {
      let time = EventTime(microseconds: microseconds)
      #expect(text { $0.append(time, by: &timestamps) } == time.iso8601)
    }
  }
}
