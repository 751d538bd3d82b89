package import Dataflow
import Foundation

/// Numbers and times as the programs show them to people.
package enum Figures {
  /// `1,234,567`.
  package static func grouped(_ number: some BinaryInteger) -> String {
    var digits = String(number.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([Substring(digits)] + groups).joined(separator: ",")
  }

  /// `3.4 s`, `2 min 5 s`, `1 h 12 min`, `3 d 4 h`.
  package static func duration(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    if seconds < 60 { return tenths(seconds) + " s" }
    let whole = Int64(seconds)
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
  }

  /// `512 B`, `3.4 kB`, `1.2 GB`: decimal units.
  package static func bytes(_ byteCount: Int64) -> String {
    if byteCount < 1000 { return "\(byteCount) B" }
    var amount = Double(byteCount) / 1000
    for unit in ["kB", "MB", "GB"] {
      if amount < 999.95 { return tenths(amount) + " " + unit }
      amount /= 1000
    }
    return tenths(amount) + " TB"
  }

  /// `2026-11-21T08:15:30Z`; a dash before the first event, `end` after the last.
  package static func time(_ time: EventTime) -> String {
    switch time {
    case .beginning: return "-"
    case .endOfInput: return "end"
    default:
      let seconds = (Double(time.microseconds) / 1_000_000).rounded(.down)
      return Date(timeIntervalSince1970: seconds).formatted(.iso8601)
    }
  }

  private static func tenths(_ number: Double) -> String {
    let tenths = Int64((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
