import Connect

/// Lets threads wait for a moment, or for a word that there may be something to do before it.
///
///     thread    current: 7   looks: nothing until t    wait(after: 7, until: t)
///     others                          post: 8          -> it looks again at once
///
/// Unchecked: `count` is touched under the condition's lock only.
final class WorkSignal: @unchecked Sendable {
  private let condition = MonotonicCondition()
  private var count = 0

  /// How often it was posted; to be read before looking.
  var current: Int {
    condition.lock()
    defer { condition.unlock() }
    return count
  }

  /// Has a waiting thread look again, and everyone who is looking now.
  func post() {
    condition.lock()
    count += 1
    condition.signal()
    condition.unlock()
  }

  /// As above, all of them.
  func postToAll() {
    condition.lock()
    count += 1
    condition.broadcast()
    condition.unlock()
  }

  /// Returns when something was posted since, or at the deadline.
  func wait(after seen: Int, until deadline: ContinuousClock.Instant) {
    condition.lock()
    defer { condition.unlock() }
    while count == seen, condition.wait(until: deadline) {}
  }
}
