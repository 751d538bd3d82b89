package import Connect
import Foundation

/// State that several threads change and wait for, until one of them fails: then all do.
///
/// Unchecked: both values are touched under the condition's lock only.
package final class Gate<State: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var state: State
  private var failure: ConnectorError?

  package init(_ state: State) { self.state = state }

  /// Changes the state and wakes those who wait.
  package func update<Result>(
    _ body: (inout State) throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    if let failure { throw failure }
    return try body(&state)
  }

  /// Waits until the body has an answer.
  package func wait<Result>(
    for body: (inout State) throws(ConnectorError) -> Result?
  ) throws(ConnectorError) -> Result {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let failure { throw failure }
      if let result = try body(&state) { return result }
      condition.wait()
    }
  }

  /// Makes every call from now on throw the first failure.
  package func fail(_ error: ConnectorError) {
    condition.lock()
    if failure == nil { failure = error }
    condition.broadcast()
    condition.unlock()
  }
}
