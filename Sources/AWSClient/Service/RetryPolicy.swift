import Foundation

/// How often a call is tried, and how the time between is spent.
package struct RetryPolicy: Sendable {
  /// Tries of one call, at least 1; corrections of the clock and of expired credentials not counted.
  package var attempts: Int
  /// Waits so long before the next try; false when there shall be none.
  package var wait: @Sendable (Duration) -> Bool

  /// - Parameters:
  ///   - attempts: at least 1.
  ///   - wait: sleeps, if not given.
  package init(
    attempts: Int = 8,
    wait: @escaping @Sendable (Duration) -> Bool = RetryPolicy.sleep
  ) {
    precondition(attempts >= 1, "\(attempts) attempts")
    self.attempts = attempts
    self.wait = wait
  }

  /// Tries once: for callers who decide themselves.
  package static var once: RetryPolicy { RetryPolicy(attempts: 1) }

  package static let sleep: @Sendable (Duration) -> Bool = {
    Thread.sleep(forTimeInterval: $0 / .seconds(1))
    return true
  }
}
