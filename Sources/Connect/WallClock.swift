package import Dataflow
import Foundation

extension EventTime {
  /// The time of day by the machine's clock.
  package static var wallClock: EventTime {
    EventTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
  }
}
