package import Dataflow
import Events

/// Names a run: when it began, to the microsecond, so that runs sort by name.
///
/// `20261121T081530.123456Z`
package struct RunID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let description: String

  package init(startedAt time: EventTime) {
    description = time.iso8601.filter { $0 != "-" && $0 != ":" }
  }

  package init(_ description: String) { self.description = description }

  package static func < (left: RunID, right: RunID) -> Bool {
    left.description < right.description
  }
}
