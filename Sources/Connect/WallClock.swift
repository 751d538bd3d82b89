package import Dataflow
import Foundation

extension EventTime {
  /// The time of day by the machine's clock.
  package static var wallClock: EventTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return EventTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
  }
}
