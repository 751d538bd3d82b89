package import Dataflow
import Events

/// A time as signatures write it: `20150830T123600Z`.
package struct SigningTime: Hashable, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ time: EventTime) {
    // 2015-08-30T12:36:00.000000Z without its punctuation and fraction.
    let digits = time.iso8601.prefix(19).filter { $0 != "-" && $0 != ":" }
    description = digits + "Z"
  }

  /// `20150830`.
  package var day: String { String(description.prefix(8)) }
}
