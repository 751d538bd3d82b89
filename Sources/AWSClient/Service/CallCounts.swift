/// Calls of a client since its start; read by any thread.
package struct CallCounts: Hashable, Sendable {
  /// Requests sent, tries of the same call included.
  package var sent = 0
  /// Answers that asked for less.
  package var throttled = 0
  /// Tries after the first.
  package var retried = 0
}
