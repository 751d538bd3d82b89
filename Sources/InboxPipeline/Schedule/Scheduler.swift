package import Dataflow

/// Begins runs when they are due, one after another, until a stop is asked for.
package struct Scheduler {
  private let schedule: Schedule
  private let control: RunControl
  private let now: () -> EventTime
  private let wait: (Duration) -> Void

  /// Longest single wait: after a change of the clock the next look is not far.
  private static let longestWait = EventSpan.minutes(1)

  /// - Parameters:
  ///   - schedule: when runs are due.
  ///   - control: ends the waiting for a stop, or for a run that is wanted at once.
  ///   - now: the wall clock.
  ///   - wait: waits so long, less when `control` is asked for something.
  package init(
    _ schedule: Schedule,
    control: RunControl,
    now: @escaping () -> EventTime,
    wait: @escaping (Duration) -> Void
  ) {
    self.schedule = schedule
    self.control = control
    self.now = now
    self.wait = wait
  }

  /// Calls `run` whenever a run is due; it is given when the next one will be.
  ///
  /// - Parameter run: returns when the run is over, so no two overlap.
  package func callAsFunction(_ run: (_ next: EventTime?) throws -> Void) rethrows {
    var due: EventTime? = schedule.first(at: now())
    while let time = due, waitUntil(time) {
      let isEarly = now() < time
      try run(isEarly ? time : schedule.next(after: time, at: now()))
      due = isEarly && now() <= time ? time : schedule.next(after: time, at: now())
    }
  }

  /// - Returns: false when a stop was asked for.
  private func waitUntil(_ time: EventTime) -> Bool {
    while !control.isStopRequested {
      if control.takeRunRequest() { return true }
      let rest = time.microseconds - now().microseconds
      guard rest > 0 else { return true }
      wait(.microseconds(min(rest, Self.longestWait.microseconds)))
    }
    return false
  }
}
