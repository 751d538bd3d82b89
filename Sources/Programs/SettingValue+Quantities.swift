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

  package static var expectation: String { "a size such as 32MiB, 500kB or 1000000" }
  package init?(settingText: String) {
    guard let byteCount = Int(byteSizeText: settingText) else { return nil }
    self.byteCount = byteCount
  }
}

extension EventSpan: SettingValue {
  package static var expectation: String {
    "a duration such as 90s, 5m, 1h or 1d, up to 100 years"
  }
  package init?(settingText: String) { self.init(durationText: settingText) }
}

extension Duration: SettingValue {
  package static var expectation: String {
    "a duration such as 250ms, 90s, 5m or 1h, up to 100 years"
  }
  package init?(settingText: String) { self.init(durationText: settingText) }
}
