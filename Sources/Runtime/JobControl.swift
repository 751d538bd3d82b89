import Connect
import Logging
import Synchronization

/// What the threads of a job share: whether to stop, and why.
///
/// The first failure is kept and stops the others, which drain and commit what they have.
final class JobControl: Sendable {
  private struct State {
    var stopDeadline: ContinuousClock.Instant?
    var failure: ConnectorError?
    var isEndWished = false
  }

  private let isStopping = Atomic(false)
  private let state = Mutex(State())
  /// Where threads wait before a retry; signalled by every stop, the job's or a task's.
  private let condition = MonotonicCondition()
  let clock: JobClock
  let stoppages: Stoppages
  /// How long after the request the last commits may take.
  private let stopTimeout: Duration

  init(clock: JobClock, stopTimeout: Duration, logger: Logger) {
    self.clock = clock
    stoppages = Stoppages(logger: logger, clock: clock)
    self.stopTimeout = stopTimeout
  }

  var isStopRequested: Bool { isStopping.load(ordering: .acquiring) }
  var failure: ConnectorError? { state.withLock { $0.failure } }
  /// When the last commits must be over; nil while no stop is requested.
  var stopDeadline: ContinuousClock.Instant? { state.withLock { $0.stopDeadline } }

  /// True when somebody outside has asked for the end while the job was running.
  var isEndWished: Bool { state.withLock { $0.isEndWished } }

  /// - Parameter isWished: somebody outside asks for it.
  func requestStop(isWished: Bool = false) {
    state.withLock { state in
      if isWished, state.stopDeadline == nil { state.isEndWished = true }
      state.stopDeadline = state.stopDeadline ?? clock.instant() + stopTimeout
    }
    isStopping.store(true, ordering: .releasing)
    wakeWaiters()
  }

  func fail(_ error: ConnectorError) {
    state.withLock { $0.failure = $0.failure ?? error }
    requestStop()
  }

  /// Lets everybody who waits look again.
  func wakeWaiters() {
    condition.lock()
    condition.broadcast()
    condition.unlock()
  }

  /// Waits for `delay`, or until `isOver` is true and the waiters are woken.
  func wait(_ delay: Duration, unless isOver: () -> Bool) {
    let deadline = ContinuousClock.now + delay
    condition.lock()
    defer { condition.unlock() }
    while !isOver(), condition.wait(until: deadline) {}
  }
}
