/// Says when an input counts as idle: caught up with the end of its log, and silent, for a while.
///
/// An input that still has records to read (slow, paused, unreachable) is never idle: its records
/// would all be late. Instants are passed in; it has no clock of its own.
///
///     0 s caught up | 20 s record | 30 s caught up, silent for 10 s | 50 s silent for 30 s: idle
package struct IdleDetector: Sendable {
  /// How long the input must have been caught up and silent, 30 s by default.
  package let patience: Duration

  private var silentSince: ContinuousClock.Instant?

  package init(patience: Duration = .seconds(30)) { self.patience = patience }

  /// Takes the outcome of one attempt to read and says whether the input is idle now.
  ///
  /// - Parameters:
  ///   - isCaughtUp: the attempt reached the end of the log; false when it failed or stopped short.
  ///   - hasReceived: the attempt returned at least one record.
  ///   - now: never goes back.
  /// - Returns: true as long as the input is idle.
  package mutating func isIdle(
    isCaughtUp: Bool,
    hasReceived: Bool,
    now: ContinuousClock.Instant
  ) -> Bool {
    guard isCaughtUp else {
      silentSince = nil
      return false
    }
    guard let silentSince, !hasReceived else {
      silentSince = now
      return patience <= .zero
    }
    return silentSince.duration(to: now) >= patience
  }
}
