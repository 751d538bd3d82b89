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

  /// PostgreSQL's text form, for parameters and literals, in the years that it can hold.
  package var postgresText: String {
    if self == .endOfInput { return "infinity" }
    if self == .beginning { return "-infinity" }
    let text = iso8601
    // ISO 8601 signs years of more than four digits; PostgreSQL would read a zone there.
    if text.hasPrefix("+") { return String(text.dropFirst()) }
    // ISO 8601 has a year 0, PostgreSQL calls it 1 BC.
    let isNegative = text.hasPrefix("-")
    let unsigned = text.dropFirst(isNegative ? 1 : 0)
    let digits = unsigned.prefix { $0 != "-" }
    guard let year = Int(digits), isNegative || year == 0 else { return text }
    let shifted = String(year + 1)
    let padding = String(repeating: "0", count: max(0, 4 - shifted.count))
    return "\(padding)\(shifted)\(unsigned.dropFirst(digits.count)) BC"
  }
}
