import Dispatch
import Foundation
import Synchronization

/// Calls `body` with 0 ..< `count`, each on a thread of its own, and waits for all.
///
/// - Throws: the first error of any of them, when all have ended.
func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
  let failure = FirstFailure()
  let group = DispatchGroup()
  for index in 0..<count {
    group.enter()
    Thread.detachNewThread {
      do { try body(index) } catch { failure.note(error) }
      group.leave()
    }
  }
  group.wait()
  try failure.rethrow()
}

private final class FirstFailure: Sendable {
  private let error = Mutex<(any Error)?>(nil)

  func note(_ error: any Error) { self.error.withLock { $0 = $0 ?? error } }

  func rethrow() throws { if let error = error.withLock({ $0 }) { throw error } }
}
