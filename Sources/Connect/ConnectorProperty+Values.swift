extension ConnectorProperty {
  private static let fewestBytes = 1 << 20
  private static let units: [String: Int] = [
    "": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
  ]

  /// A size in bytes, such as `256MiB`.
  package func byteCount() throws(ConnectorError) -> Int {
    let digits = value.prefix { $0.isASCII && $0.isNumber }
    let unit = value.dropFirst(digits.count).lowercased()
    guard let number = Int(digits), let factor = Self.units[unit],
      case let (byteCount, overflow) = number.multipliedReportingOverflow(by: factor), !overflow,
      byteCount >= Self.fewestBytes
    else { throw .notRead(self, expected: "a size of at least 1MiB, such as 256MiB") }
    return byteCount
  }
}

extension ConnectorError {
  /// A setting's value is not what it should be; not for secrets, which it would show.
  package static func notRead(
    _ property: ConnectorProperty,
    expected: String
  ) -> ConnectorError {
    ConnectorError(
      .usage,
      "could not read \(property.place): expected \(expected), found "
        + "\"\(property.value.prefix(64))\""
    )
  }
}
