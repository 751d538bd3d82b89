import Dispatch
import Synchronization

/// Calls `body` with 0 ..< `count`, each on a thread of its own where there are as many cores.
///
/// - Throws: the first error of any of them, when all have ended.
func concurrently(_ count: Int, _ body: @Sendable (Int) throws -> Void) throws {
  let failure = Mutex<(any Error)?>(nil)
  DispatchQueue.concurrentPerform(iterations: count) { index in
    do { try body(index) } catch { failure.withLock { $0 = $0 ?? error } }
  }
  if let failure = failure.withLock({ $0 }) { throw failure }
}
