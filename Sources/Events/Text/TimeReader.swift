package import Dataflow

/// Reads times, and remembers the last date: events come by the day.
///
/// ```
/// 2026-11-21T08:15:30.123456Z      `T` or `t`; `Z`, `z`, +05:30, +0530 or +05
/// date      |time    |fraction     1-9 digits or none, cut after the microseconds
/// ```
package struct TimeReader: Sendable {
  package enum Style: Sendable {
    /// RFC 3339: a full time with a zone.
    case strict
    /// Also a date alone, a space before the time, and ` UTC` or no zone, which is UTC.
    case lenient
  }

  private let style: Style
  private var lastDate: (UInt64, UInt16) = (0, 0)
  private var lastMidnight: Int64 = 0

  package init(_ style: Style = .strict) { self.style = style }

  /// The time of the text, which 16 readable bytes follow; nil if it is none of the style.
  package mutating func time(_ text: UnsafeRawBufferPointer) -> EventTime? {
    guard let start = text.baseAddress, text.count >= 10, let midnight = date(start) else {
      return nil
    }
    if text.count == 10, style == .lenient { return EventTime(microseconds: midnight) }
    guard text.count >= 19, isSeparator(start.load(fromByteOffset: 10, as: UInt8.self)),
      let clock = Self.clock(start + 11)
    else { return nil }
    if text.count == 27, let microseconds = Self.microseconds(start + 19) {
      return EventTime(microseconds: midnight &+ clock &* 1_000_000 &+ microseconds)
    }
    let end = start + text.count
    let (fraction, fractionEnd) = Self.fraction(start + 19, end: end)
    guard let fractionEnd, let offset = offset(fractionEnd, byteCount: end - fractionEnd) else {
      return nil
    }
    return EventTime(
      microseconds: midnight &+ (clock &- offset) &* 1_000_000 &+ fraction
    )
  }

  private func isSeparator(_ byte: UInt8) -> Bool {
    byte | 0x20 == UInt8(ascii: "t") || byte == UInt8(ascii: " ") && style == .lenient
  }

  /// Microseconds at the start of the day `YYYY-MM-DD`.
  private mutating func date(_ text: UnsafeRawPointer) -> Int64? {
    let bytes = (
      text.loadUnaligned(as: UInt64.self),
      text.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
    )
    if bytes == lastDate { return lastMidnight }
    guard text.load(fromByteOffset: 4, as: UInt8.self) == UInt8(ascii: "-"),
      text.load(fromByteOffset: 7, as: UInt8.self) == UInt8(ascii: "-"),
      let century = digits2(text), let year = digits2(text + 2),
      let month = digits2(text + 5), let day = digits2(text + 8),
      let date = CivilDate(year: century * 100 + year, month: month, day: day)
    else { return nil }
    lastDate = bytes
    lastMidnight = Int64(date.daysSinceEpoch) * 86_400_000_000
    return lastMidnight
  }

  /// Seconds of `HH:MM:SS`.
  @inline(__always)
  private static func clock(_ text: UnsafeRawPointer) -> Int64? {
    // All eight bytes at once, the first one lowest: two colons, and six digits up to 9.
    let bytes = text.loadUnaligned(as: UInt64.self).littleEndian
    let digits = bytes & 0x0F0F_000F_0F00_0F0F
    guard bytes & 0xF0F0_FFF0_F0FF_F0F0 == 0x3030_3A30_303A_3030,
      (digits &+ 0x0606_0006_0600_0606) & 0xF0F0_00F0_F000_F0F0 == 0
    else { return nil }
    // Tens stand in bytes 0, 3 and 6, ones behind them.
    let pairs = Int64(truncatingIfNeeded: digits &* 10 &+ digits &>> 8)
    let (hour, minute, second) = (pairs & 0xFF, pairs &>> 24 & 0xFF, pairs &>> 48 & 0xFF)
    guard hour <= 23, minute <= 59, second <= 59 else { return nil }
    return hour &* 3600 &+ minute &* 60 &+ second
  }

  /// Microseconds of `.123456Z`, the form nearly all times end with.
  @inline(__always)
  private static func microseconds(_ text: UnsafeRawPointer) -> Int64? {
    let digits = DigitRun(at: text + 1)
    guard text.load(as: UInt8.self) == UInt8(ascii: "."), digits.count == 6,
      text.load(fromByteOffset: 7, as: UInt8.self) == UInt8(ascii: "Z")
    else { return nil }
    return digits.value(count: 6)
  }

  /// Microseconds of `.123456789`, 0 if there is no point; `end` is nil if its digits are not 1 to 9.
  private static func fraction(
    _ text: UnsafeRawPointer,
    end: UnsafeRawPointer
  ) -> (microseconds: Int64, end: UnsafeRawPointer?) {
    guard text < end, text.load(as: UInt8.self) == UInt8(ascii: ".") else { return (0, text) }
    var microseconds: Int64 = 0
    var weight: Int64 = 100_000
    var cursor = text + 1
    while cursor < end {
      let digit = cursor.load(as: UInt8.self) &- 0x30
      guard digit <= 9 else { break }
      microseconds &+= Int64(digit) &* weight
      weight /= 10
      cursor += 1
    }
    return (microseconds, 2...10 ~= cursor - text ? cursor : nil)
  }

  /// Seconds east of UTC of `Z`, `+hh:mm`, `+hhmm` or `+hh`.
  private func offset(_ text: UnsafeRawPointer, byteCount: Int) -> Int64? {
    guard byteCount > 0 else { return style == .lenient ? 0 : nil }
    let sign = text.load(as: UInt8.self)
    if sign | 0x20 == UInt8(ascii: "z") { return byteCount == 1 ? 0 : nil }
    if sign == UInt8(ascii: " "), byteCount == 4, style == .lenient {
      return text.loadUnaligned(as: UInt32.self).littleEndian == 0x4354_5520 ? 0 : nil  // " UTC"
    }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), byteCount >= 3,
      let hours = digits2(text + 1), hours <= 23
    else { return nil }
    var minutes = 0
    switch byteCount {
    case 3: break
    case 5: minutes = digits2(text + 3) ?? 60
    case 6 where text.load(fromByteOffset: 3, as: UInt8.self) == UInt8(ascii: ":"):
      minutes = digits2(text + 4) ?? 60
    default: return nil
    }
    guard minutes <= 59 else { return nil }
    let seconds = Int64(hours * 3600 + minutes * 60)
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }
}

/// The value of two digits.
@inline(__always)
private func digits2(_ text: UnsafeRawPointer) -> Int? {
  let tens = text.load(as: UInt8.self) &- 0x30
  let ones = text.load(fromByteOffset: 1, as: UInt8.self) &- 0x30
  guard tens <= 9, ones <= 9 else { return nil }
  return Int(tens) &* 10 &+ Int(ones)
}
