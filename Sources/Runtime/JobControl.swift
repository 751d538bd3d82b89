import Connect
import Foundation
import Synchronization

/// What the threads of a job share: whether to stop, and why.
///
/// The first failure is kept and stops the others, which drain and commit what they have.
final class JobControl: Sendable {
  private struct State {
    var stopDeadline: ContinuousClock.Instant?
    var failure: ConnectorError?
  }

  private let isStopping = Atomic(false)
  private let state = Mutex(State())
  private let condition = NSCondition()
  private let clock: JobClock
  /// How long after the request the last commits may take.
  private let stopTimeout: Duration

  init(clock: JobClock, stopTimeout: Duration) {
    self.clock = clock
    self.stopTimeout = stopTimeout
  }

  var isStopRequested: Bool { isStopping.load(ordering: .acquiring) }
  var failure: ConnectorError? { state.withLock { $0.failure } }

  func requestStop() {
    state.withLock { $0.stopDeadline = $0.stopDeadline ?? clock.instant() + stopTimeout }
    condition.lock()
    isStopping.store(true, ordering: .releasing)
    condition.broadcast()
    condition.unlock()
  }

  func fail(_ error: ConnectorError) {
    state.withLock { $0.failure = $0.failure ?? error }
    requestStop()
  }

  /// Waits before a retry: not at all once the job's time to stop is over.
  ///
  /// - Returns: false when there is no time for another try.
  func waitToRetry(_ delay: Duration) -> Bool {
    guard let deadline = state.withLock({ $0.stopDeadline }) else {
      condition.lock()
      defer { condition.unlock() }
      if !isStopRequested {
        _ = condition.wait(until: Date(timeIntervalSinceNow: delay / .seconds(1)))
      }
      return true
    }
    let remaining = clock.instant().duration(to: deadline)
    guard remaining > .zero else { return false }
    Thread.sleep(forTimeInterval: min(delay, remaining, .milliseconds(200)) / .seconds(1))
    return true
  }
}
