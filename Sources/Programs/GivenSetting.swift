/// A setting's value, and where it was given.
package struct GivenSetting<Value> {
  package let value: Value
  package let origin: SettingOrigin

  package init(value: Value, origin: SettingOrigin) {
    self.value = value
    self.origin = origin
  }

  /// This setting, if none of those that exclude it was given above it.
  ///
  /// - Parameter others: where they were given, nil for one that was not.
  /// - Returns: nil for a setting that another replaces.
  /// - Throws: `.usage` where another was given in the same layer.
  package func unlessReplaced(by others: SettingOrigin?...) throws(Failure) -> Self? {
    for case .some(let other) in others where other.layer == origin.layer {
      throw Failure(
        .usage,
        "\(origin.place) and \(other.place) do not go together",
        hint: "Leave one of them out."
      )
    }
    return others.contains { $0.map { $0.layer > origin.layer } ?? false } ? nil : self
  }
}

/// Where a setting was given.
///
/// The higher layer wins: over the same setting in lower ones, and over others there that exclude it.
package struct SettingOrigin: Hashable, Sendable {
  package enum Layer: Comparable, Sendable {
    case file, environment, commandLine
  }

  package let layer: Layer
  /// `--rate`, `FIRSTCLICK_RATE`, `firstclick.yaml:3: rate`.
  package let place: String

  init(_ layer: Layer, _ place: String) {
    self.layer = layer
    self.place = place
  }
}
