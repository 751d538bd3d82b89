package import Dataflow

/// Writes times, and remembers the last date: the counterpart of `TimeReader`.
package struct TimeWriter: Sendable {
  private var day = Int64.min
  /// The last date with its `T`, and how many of the bytes it takes.
  private var date: (UInt64, UInt64) = (0, 0)
  private var dateByteCount = 0

  package init() {}

  /// Writes the time as `2026-11-21T08:15:30.123456Z` without allocating; returns its byte count.
  ///
  /// Always six fraction digits. Years before 0 and after 9999 get a sign, as ISO 8601 has it.
  ///
  /// - Parameters:
  ///   - time: any time.
  ///   - text: at least `EventTime.maximumTextByteCount` bytes.
  /// - Returns: the number of bytes written.
  package mutating func write(_ time: EventTime, to text: UnsafeMutableRawPointer) -> Int {
    var (day, rest) = time.microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
    if rest < 0 { (day, rest) = (day &- 1, rest &+ 86_400_000_000) }
    if day != self.day { remember(day) }
    text.storeBytes(of: date.0, as: UInt64.self)
    text.storeBytes(of: date.1, toByteOffset: 8, as: UInt64.self)

    let seconds = Int(rest / 1_000_000)
    var writer = DigitWriter(cursor: text + dateByteCount)
    writer.write(seconds / 3600, digits: 2)
    writer.write(byte: UInt8(ascii: ":"))
    writer.write(seconds / 60 % 60, digits: 2)
    writer.write(byte: UInt8(ascii: ":"))
    writer.write(seconds % 60, digits: 2)
    writer.write(byte: UInt8(ascii: "."))
    writer.write(Int(rest % 1_000_000), digits: 6)
    writer.write(byte: UInt8(ascii: "Z"))
    return writer.cursor - text
  }

  private mutating func remember(_ day: Int64) {
    self.day = day
    let date = CivilDate(daysSinceEpoch: Int(day))
    withUnsafeMutableBytes(of: &self.date) { text in
      guard let start = text.baseAddress else { return }
      var writer = DigitWriter(cursor: start)
      if !(0...9999 ~= date.year) {
        writer.write(byte: date.year < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
      }
      writer.write(abs(date.year), digits: abs(date.year) > 9999 ? 6 : 4)
      writer.write(byte: UInt8(ascii: "-"))
      writer.write(date.month, digits: 2)
      writer.write(byte: UInt8(ascii: "-"))
      writer.write(date.day, digits: 2)
      writer.write(byte: UInt8(ascii: "T"))
      dateByteCount = writer.cursor - UnsafeMutableRawPointer(start)
    }
  }
}

/// Writes decimal digits one after another.
struct DigitWriter {
  var cursor: UnsafeMutableRawPointer

  @inline(__always)
  mutating func write(byte: UInt8) {
    cursor.storeBytes(of: byte, as: UInt8.self)
    cursor += 1
  }

  /// Writes exactly so many digits, with leading zeros.
  @inline(__always)
  mutating func write(_ value: Int, digits: Int) {
    var rest = UInt(bitPattern: value)
    var index = digits
    while index > 0 {
      index &-= 1
      let digit = UInt8(truncatingIfNeeded: rest % 10)
      cursor.storeBytes(of: 0x30 &+ digit, toByteOffset: index, as: UInt8.self)
      rest /= 10
    }
    cursor += digits
  }
}
