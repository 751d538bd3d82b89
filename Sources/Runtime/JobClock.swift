import Connect
package import Dataflow

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
    wallTime: { .wallClock }
  )
}
