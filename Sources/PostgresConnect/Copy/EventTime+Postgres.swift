package import Dataflow
import Events

extension EventTime {
  /// 2000-01-01T00:00:00Z, from which PostgreSQL counts.
  private static var postgresOrigin: Int64 { 946_684_800_000_000 }

  /// - Parameter value: PostgreSQL's binary form, microseconds since 2000; the extremes are infinities.
  package init(postgresMicroseconds value: Int64) {
    let isInfinite = value == .max || value == .min
    self.init(microseconds: isInfinite ? value : value &+ Self.postgresOrigin)
  }

  /// PostgreSQL's text form, for parameters and literals.
  ///
  /// Holds for the years from 1 BC on: an event's time begins with the year 1, and a watermark
  /// stays behind it by less than a year.
  package var postgresText: String {
    if self == .endOfInput { return "infinity" }
    if self == .beginning { return "-infinity" }
    let text = iso8601
    // ISO 8601 has a year 0, PostgreSQL calls it 1 BC.
    return text.hasPrefix("0000") ? "0001\(text.dropFirst(4)) BC" : text
  }
}
