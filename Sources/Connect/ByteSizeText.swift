extension Int {
  private static let byteUnits: [String: Int] = [
    "": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
  ]

  /// A number of bytes from a text such as `32MiB`, `64kB`, `1000000`; nil for any other text, and 0.
  package init?(byteSizeText text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), number > 0,
      let unit = Self.byteUnits[text.dropFirst(digits.count).lowercased()],
      case let (byteCount, overflow) = number.multipliedReportingOverflow(by: unit), !overflow
    else { return nil }
    self = byteCount
  }
}
