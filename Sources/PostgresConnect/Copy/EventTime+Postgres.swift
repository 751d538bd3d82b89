package import Dataflow

extension EventTime {
  /// 2000-01-01T00:00:00Z, from which PostgreSQL counts.
  private static var postgresOrigin: Int64 { 946_684_800_000_000 }

  /// PostgreSQL's binary form: microseconds since 2000, the extremes being its infinities.
  @inline(__always)
  package var postgresMicroseconds: Int64 {
    if self == .beginning || self == .endOfInput { return microseconds }
    // An event's time lies in the years 1 to 9999, and a watermark at most a delay before.
    return microseconds &- Self.postgresOrigin
  }

  package init(postgresMicroseconds value: Int64) {
    let isInfinite = value == .max || value == .min
    self.init(microseconds: isInfinite ? value : value &+ Self.postgresOrigin)
  }

  /// PostgreSQL's text form, for parameters and literals: `2026-11-21 08:15:30.123456+00`.
  package var postgresText: String {
    if self == .endOfInput { return "infinity" }
    if self == .beginning { return "-infinity" }
    let (seconds, micros) = microseconds.quotientAndModulus(1_000_000)
    let (days, second) = seconds.quotientAndModulus(86_400)
    let (year, month, day) = Self.civilDate(daysSince1970: days)
    let date = "\(padded(year > 0 ? year : 1 - year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    let clock =
      "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    return "\(date) \(clock).\(padded(micros, 6))+00" + (year > 0 ? "" : " BC")
  }

  /// Proleptic Gregorian date. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  private static func civilDate(
    daysSince1970 days: Int64
  ) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).quotientAndModulus(146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

private func padded(_ value: Int64, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
  /// Division that rounds towards minus infinity; the modulus is never negative.
  fileprivate func quotientAndModulus(_ divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
