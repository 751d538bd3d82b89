package import Connect
import Foundation
package import Logging

extension Retry {
  /// Repeats for as long as it takes, or `limit` times.
  ///
  /// - Parameters:
  ///   - logger: told when trouble starts and when it is over.
  ///   - limit: retries before a transient error is thrown; nil: no bound.
  ///   - isStopRequested: asked before every other try; true ends the tries.
  /// - Returns: what tries again.
  package static func patient(
    _ logger: Logger = Program.logger,
    limit: Int? = nil,
    unless isStopRequested: @escaping @Sendable () -> Bool = { false }
  ) -> Retry {
    Retry(logger: logger, limit: limit) { delay in
      let end = ContinuousClock.now + delay
      while !isStopRequested() {
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero else { return true }
        Thread.sleep(forTimeInterval: min(left, .milliseconds(100)) / .seconds(1))
      }
      return false
    }
  }
}
