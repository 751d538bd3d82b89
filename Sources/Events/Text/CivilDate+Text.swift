extension CivilDate {
  /// The date as `2026-11-21`; a year before 0 or after 9999 has a sign, as ISO 8601 has it.
  package var text: String {
    let sign = year < 0 ? "-" : year > 9999 ? "+" : ""
    let digits = String(abs(year))
    let zeros = String(repeating: "0", count: max(0, 4 - digits.count))
    return "\(sign)\(zeros)\(digits)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
  }
}
