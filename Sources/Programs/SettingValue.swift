import ArgumentParser
package import Logging

/// A type that options, environment variables and config files write as text, all in the same way.
package protocol SettingValue {
  /// What a person should have written: `a duration such as 90s, 5m, 1h or 1d`.
  static var expectation: String { get }
  init?(settingText: String)
}

/// The value that `text` stands for.
///
/// The `transform` of an `@Option`: its error becomes part of the parser's message.
package func parseSetting<Value: SettingValue>(_ text: String) throws -> Value {
  guard let value = Value(settingText: text) else {
    throw ValidationError("expected \(Value.expectation)")
  }
  return value
}

extension String: SettingValue {
  package static var expectation: String { "some text" }
  package init?(settingText: String) {
    guard !settingText.isEmpty else { return nil }
    self = settingText
  }
}

extension Bool: SettingValue {
  package static var expectation: String { "true or false" }
  package init?(settingText: String) {
    switch settingText.lowercased() {
    case "true", "yes", "on", "1": self = true
    case "false", "no", "off", "0": self = false
    default: return nil
    }
  }
}

/// An enumeration whose cases are written by their names.
package protocol NamedSetting: SettingValue, CaseIterable, RawRepresentable
where RawValue == String {}

extension NamedSetting {
  package static var expectation: String {
    let names = allCases.map(\.rawValue)
    return names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "")
      + (names.last ?? "")
  }
  package init?(settingText: String) { self.init(rawValue: settingText) }
}

extension Logger.Level: NamedSetting {}
