import Connect
package import Dataflow

/// A number of things of which there is at least one.
package struct PositiveCount: SettingValue, Hashable, Sendable {
  package var count: Int

  package static var expectation: String { "a whole number from 1 on" }
  package init?(settingText: String) {
    guard let count = Int(settingText), count > 0 else { return nil }
    self.count = count
  }
}

/// A number of things of which there may be none.
package struct Count: SettingValue, Hashable, Sendable {
  package var count: Int

  package static var expectation: String { "a whole number from 0 on" }
  package init?(settingText: String) {
    guard let count = Int(settingText), count >= 0 else { return nil }
    self.count = count
  }
}

/// A number of bytes: `32MiB`, `64kB`, `1000000`.
package struct ByteCount: SettingValue, Hashable, Sendable {
  package var byteCount: Int

  private static let units: [String: Int] = [
    "": 1, "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
  ]

  package static var expectation: String { "a size such as 32MiB, 500kB or 1000000" }
  package init?(settingText: String) {
    let digits = settingText.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), number > 0,
      let unit = Self.units[settingText.dropFirst(digits.count).lowercased()]
    else { return nil }
    let (byteCount, overflow) = number.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    self.byteCount = byteCount
  }
}

extension EventSpan: SettingValue {
  package static var expectation: String { "a duration such as 90s, 5m, 1h or 1d" }
  package init?(settingText: String) { self.init(durationText: settingText) }
}

extension Duration: SettingValue {
  package static var expectation: String { "a duration such as 250ms, 90s, 5m or 1h" }
  package init?(settingText: String) { self.init(durationText: settingText) }
}
