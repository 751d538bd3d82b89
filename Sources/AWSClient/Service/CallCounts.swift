/// Calls of a client since its start; read by any thread.
package struct CallCounts: Hashable, Sendable {
  /// Requests sent, tries of the same call included.
  package var sent = 0
  /// Answers that asked for less.
  package var throttled = 0
  /// Tries after the first.
  package var retried = 0

  package init(sent: Int = 0, throttled: Int = 0, retried: Int = 0) {
    self.sent = sent
    self.throttled = throttled
    self.retried = retried
  }
}
