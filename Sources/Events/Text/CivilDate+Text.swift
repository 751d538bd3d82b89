extension CivilDate {
  /// The date as `2026-11-21`, in the years 0 to 9999.
  package var text: String {
    let digits = (String(year), String(month), String(day))
    return String(repeating: "0", count: max(0, 4 - digits.0.count)) + digits.0
      + (month < 10 ? "-0" : "-") + digits.1 + (day < 10 ? "-0" : "-") + digits.2
  }
}
