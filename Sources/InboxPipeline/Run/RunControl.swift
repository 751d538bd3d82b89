import Connect
import Foundation

/// Whether the pipeline is to stop, or to start a run before its time; wakes whoever waits.
///
/// Unchecked: the fields are touched under the condition's lock only.
package final class RunControl: @unchecked Sendable {
  private let condition = MonotonicCondition()
  private var isStopping = false
  private var isRunWanted = false

  package init() {}

  package var isStopRequested: Bool { condition.withLock { isStopping } }

  package func requestStop() {
    condition.withLock {
      isStopping = true
      condition.broadcast()
    }
  }

  /// Asks for a run now, or right after the one at work.
  package func requestRun() {
    condition.withLock {
      isRunWanted = true
      condition.broadcast()
    }
  }

  /// Waits for the time to pass, less if a stop or a run is asked for.
  package func wait(_ time: Duration) {
    condition.withLock {
      let deadline = ContinuousClock.now + time
      while !isStopping, !isRunWanted, condition.wait(until: deadline) {}
    }
  }

  /// Waits between tries, whatever is asked for but a stop.
  ///
  /// - Returns: false when the stop leaves no other try.
  func waitToRetry(_ time: Duration) -> Bool {
    condition.withLock {
      let deadline = ContinuousClock.now + time
      while !isStopping, condition.wait(until: deadline) {}
      return !isStopping
    }
  }

  /// Whether a run was asked for since the last call.
  package func takeRunRequest() -> Bool {
    condition.withLock {
      defer { isRunWanted = false }
      return isRunWanted
    }
  }
}
