import Foundation

/// Wakes one waiting thread; a signal raised while nobody waits is kept for the next wait.
///
/// Unchecked: `isRaised` is touched under the condition's lock only.
final class Signal: @unchecked Sendable {
  private let condition = NSCondition()
  private var isRaised = false

  func raise() {
    condition.lock()
    isRaised = true
    condition.signal()
    condition.unlock()
  }

  func wait(atMost timeout: Duration) {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
    while !isRaised, condition.wait(until: deadline) {}
    isRaised = false
  }
}
