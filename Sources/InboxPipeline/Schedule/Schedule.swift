package import Dataflow

/// When runs begin.
package enum Schedule: Hashable, Sendable {
  /// One run, now.
  case once
  /// So long after each other, counted from the first; the first one now.
  case every(EventSpan)
  /// Every day at a time of day, UTC.
  case daily(TimeOfDay)

  /// A time of day to the minute.
  package struct TimeOfDay: Hashable, Sendable {
    package var minutes: Int64

    /// Reads `HH:MM`, from `00:00` to `23:59`.
    package init?(_ text: String) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
        parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
        let hours = Int64(parts[0]), let minutes = Int64(parts[1]), hours < 24, minutes < 60
      else { return nil }
      self.minutes = hours * 60 + minutes
    }
  }

  /// When the first run begins.
  package func first(at now: EventTime) -> EventTime {
    switch self {
    case .once, .every: now
    case .daily: next(after: now, at: now) ?? now
    }
  }

  /// When the next run begins; runs that should have begun meanwhile are left out, never caught up.
  ///
  /// - Parameters:
  ///   - last: when the one before was due.
  ///   - now: when it has ended.
  /// - Returns: nil when there is no other.
  package func next(after last: EventTime, at now: EventTime) -> EventTime? {
    switch self {
    case .once: return nil
    case .every(let span):
      let passed = max(0, now.microseconds - last.microseconds)
      let periods = passed / span.microseconds + (passed % span.microseconds == 0 ? 0 : 1)
      return last + EventSpan(microseconds: max(1, periods) * span.microseconds)
    case .daily(let time):
      let day: Int64 = 86_400_000_000
      let offset = time.minutes * 60_000_000
      let passed = now.microseconds - offset
      let days = passed / day - (passed % day < 0 ? 1 : 0)
      return EventTime(microseconds: (days + 1) * day + offset)
    }
  }
}
