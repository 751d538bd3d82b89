package import Dataflow

extension EventTime {
  /// Bytes that `write(to:)` needs at most.
  package static let maximumTextByteCount = 32

  /// Writes the time as `2026-11-21T08:15:30.123456Z` without allocating; returns its byte count.
  ///
  /// Always six fraction digits. Years before 0 and after 9999 get a sign, as ISO 8601 has it.
  ///
  /// - Parameter text: at least `maximumTextByteCount` bytes.
  package func write(to text: UnsafeMutableRawPointer) -> Int {
    let day = Self.floorDivide(microseconds, by: 86_400_000_000)
    let date = CivilDate(daysSinceEpoch: Int(day.quotient))
    let seconds = Int(day.remainder / 1_000_000)
    var writer = DigitWriter(cursor: text)
    if !(0...9999 ~= date.year) {
      writer.write(byte: date.year < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
    }
    writer.write(abs(date.year), digits: abs(date.year) > 9999 ? 6 : 4)
    writer.write(byte: UInt8(ascii: "-"))
    writer.write(date.month, digits: 2)
    writer.write(byte: UInt8(ascii: "-"))
    writer.write(date.day, digits: 2)
    writer.write(byte: UInt8(ascii: "T"))
    writer.write(seconds / 3600, digits: 2)
    writer.write(byte: UInt8(ascii: ":"))
    writer.write(seconds / 60 % 60, digits: 2)
    writer.write(byte: UInt8(ascii: ":"))
    writer.write(seconds % 60, digits: 2)
    writer.write(byte: UInt8(ascii: "."))
    writer.write(Int(day.remainder % 1_000_000), digits: 6)
    writer.write(byte: UInt8(ascii: "Z"))
    return writer.cursor - text
  }

  /// The time as `2026-11-21T08:15:30.123456Z`, for messages and tests.
  package var iso8601: String {
    withUnsafeTemporaryAllocation(byteCount: Self.maximumTextByteCount, alignment: 1) { text in
      guard let start = text.baseAddress else { return "" }
      return String(decoding: text.prefix(write(to: start)), as: UTF8.self)
    }
  }

  private static func floorDivide(
    _ value: Int64,
    by divisor: Int64
  ) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

/// Writes decimal digits one after another.
struct DigitWriter {
  var cursor: UnsafeMutableRawPointer

  mutating func write(byte: UInt8) {
    cursor.storeBytes(of: byte, as: UInt8.self)
    cursor += 1
  }

  /// Writes exactly so many digits, with leading zeros.
  mutating func write(_ value: Int, digits: Int) {
    var rest = value
    for index in stride(from: digits - 1, through: 0, by: -1) {
      cursor.storeBytes(of: 0x30 + UInt8(rest % 10), toByteOffset: index, as: UInt8.self)
      rest /= 10
    }
    cursor += digits
  }
}
