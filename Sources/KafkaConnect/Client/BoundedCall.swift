import Dispatch
import Foundation

/// A call into a library that should return soon, and may never.
enum BoundedCall {
  /// Makes the call on a thread of its own, and waits for it up to `patience`.
  ///
  /// A call that takes longer goes on alone: `body` must hold all that it needs.
  ///
  /// - Returns: false if it has not returned in time.
  @discardableResult
  static func wait(atMost patience: Duration, for body: @escaping @Sendable () -> Void) -> Bool {
    let hasReturned = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      body()
      hasReturned.signal()
    }
    return hasReturned.wait(timeout: .now() + patience / .seconds(1)) == .success
  }
}
