package import Dataflow

/// Lengths of time as commands take them: `250ms`, `90s`, `5m`, `1h`, `1d`.
///
/// A whole number and one unit, at most 100 years; a bare `0` needs no unit.
package enum DurationText {
  /// Unit and its microseconds, the greatest first.
  private static let units: [(name: String, microseconds: Int64)] = [
    ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000),
    ("ms", 1000), ("us", 1),
  ]
  private static let longest: Int64 = 100 * 366 * 86_400_000_000

  /// The microseconds that the text stands for; nil if it is no such text.
  static func microseconds(_ text: some StringProtocol) -> Int64? {
    let digits = text.prefix { ("0"..."9").contains($0) }
    guard let count = Int64(digits) else { return nil }
    let unit = text[digits.endIndex...]
    if unit.isEmpty { return count == 0 ? 0 : nil }
    guard let scale = units.first(where: { $0.name == unit })?.microseconds else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: scale)
    return overflow || product > longest ? nil : product
  }

  /// The shortest such text, in the greatest unit that divides it.
  static func text(microseconds: Int64) -> String {
    guard microseconds != 0 else { return "0s" }
    for unit in units where microseconds.isMultiple(of: unit.microseconds) {
      return "\(microseconds / unit.microseconds)\(unit.name)"
    }
    return "\(microseconds)us"
  }
}

extension EventSpan {
  /// The span that `90s`, `5m`, `1h`, `1d` or `250ms` stands for.
  package init?(durationText text: some StringProtocol) {
    guard let microseconds = DurationText.microseconds(text) else { return nil }
    self.init(microseconds: microseconds)
  }

  /// `90s`, `5m`: in the greatest unit that divides it.
  package var durationText: String { DurationText.text(microseconds: microseconds) }
}

extension Duration {
  /// The duration that `90s`, `5m`, `1h`, `1d` or `250ms` stands for.
  package init?(durationText text: some StringProtocol) {
    guard let microseconds = DurationText.microseconds(text) else { return nil }
    self = .microseconds(microseconds)
  }
}
