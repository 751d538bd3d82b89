import Dataflow

/// Writes event times as `2026-11-21T08:15:30.123456Z`; remembers the last day's date.
struct TimestampText {
  private static let microsecondsPerDay: Int64 = 86_400_000_000
  static let byteCount = 27

  private var day = Int64.min
  /// `2026-11-21T`
  private var date: (UInt64, UInt32) = (0, 0)

  mutating func append(_ time: EventTime, to line: inout LineCursor) {
    let microseconds = time.microseconds
    var timeDay = microseconds / Self.microsecondsPerDay
    var rest = microseconds % Self.microsecondsPerDay
    if rest < 0 {
      rest += Self.microsecondsPerDay
      timeDay -= 1
    }
    if timeDay != day { remember(timeDay) }
    line.next.storeBytes(of: date.0, as: UInt64.self)
    line.next.storeBytes(of: date.1, toByteOffset: 8, as: UInt32.self)
    line.next += 11
    let (second, fraction) = UInt64(rest).quotientAndRemainder(dividingBy: 1_000_000)
    line.appendDecimal(second / 3600, digits: 2)
    line.append(":")
    line.appendDecimal(second / 60 % 60, digits: 2)
    line.append(":")
    line.appendDecimal(second % 60, digits: 2)
    line.append(".")
    line.appendDecimal(fraction, digits: 6)
    line.append("Z")
  }

  /// The Gregorian date of a day since 1970-01-01, counted in 400-year eras that begin on 1 March
  /// (Hinnant: chrono-compatible low-level date algorithms).
  private mutating func remember(_ newDay: Int64) {
    day = newDay
    let shifted = newDay + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let dayOfMonth = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    withUnsafeMutableBytes(of: &date) { bytes in
      guard let base = bytes.baseAddress else { return }
      var line = LineCursor(next: base)
      line.appendDecimal(UInt64(clamping: year), digits: 4)
      line.append("-")
      line.appendDecimal(UInt64(month), digits: 2)
      line.append("-")
      line.appendDecimal(UInt64(dayOfMonth), digits: 2)
      line.append("T")
    }
  }
}
