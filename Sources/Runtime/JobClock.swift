package import Dataflow
import Foundation

/// The time that a job goes by; tests set it by hand.
package struct JobClock: Sendable {
  /// Never goes back: for intervals.
  package var instant: @Sendable () -> ContinuousClock.Instant
  /// Wall-clock time, for the future guard and for reports.
  package var wallTime: @Sendable () -> EventTime

  package init(
    instant: @escaping @Sendable () -> ContinuousClock.Instant,
    wallTime: @escaping @Sendable () -> EventTime
  ) {
    self.instant = instant
    self.wallTime = wallTime
  }

  package static let system = JobClock(
    instant: { ContinuousClock.now },
    wallTime: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return EventTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
  )
}
