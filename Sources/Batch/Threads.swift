package import Connect
import Dispatch
import Synchronization

/// Calls `body` with 0 ..< `count`, each on a thread of its own where there are as many cores.
///
/// - Throws: the first error of any of them, when all have ended.
package func concurrently(
  _ count: Int,
  _ body: @Sendable (Int) throws(ConnectorError) -> Void
) throws(ConnectorError) {
  let failure = Mutex<ConnectorError?>(nil)
  DispatchQueue.concurrentPerform(iterations: count) { index in
    do throws(ConnectorError) {
      try body(index)
    } catch {
      failure.withLock { $0 = $0 ?? error }
    }
  }
  if let failure = failure.withLock({ $0 }) { throw failure }
}
