import Connect
import Synchronization

/// One epoch on its way to the sink.
///
///     waiting --perform--> at the sink --committed, or failed for good--> settled
///        ^                      | failed for a passing reason
///        +-- waiting to retry --+
///
/// The task hands epoch and progress over, and takes the epoch back with the outcome.
///
/// Unchecked: all but `state` is touched by the committer only, one thread at a time, from `submit`
/// until `outcome` is set.
final class CommitTicket: @unchecked Sendable {
  private enum State {
    case waiting
    case atSink(since: ContinuousClock.Instant)
    case settled(Result<CommitReceipt, ConnectorError>)
  }

  let task: Int
  let sink: any TaskSink
  let epoch: any Epoch
  let progress: TaskProgress
  private let tenure: Tenure
  private let clock: JobClock
  private var attempt: Attempt
  private var failure: (time: ContinuousClock.Instant, delay: Duration)?
  private let state = Mutex(State.waiting)

  init(
    task: Int,
    sink: any TaskSink,
    epoch: any Epoch,
    progress: TaskProgress,
    environment: TaskEnvironment
  ) {
    self.task = task
    self.sink = sink
    self.epoch = epoch
    self.progress = progress
    tenure = environment.tenure
    clock = environment.clock
    attempt = environment.retry.attempt("commit", of: task)
  }

  /// Nil while the commit is under way.
  var outcome: Result<CommitReceipt, ConnectorError>? {
    state.withLock { if case .settled(let outcome) = $0 { outcome } else { nil } }
  }

  /// How long the sink has been at the try; nil when it is at none.
  func timeAtSink(at now: ContinuousClock.Instant) -> Duration? {
    state.withLock { if case .atSink(let start) = $0 { start.duration(to: now) } else { nil } }
  }

  /// True when a try has failed.
  var isRetry: Bool { failure != nil }

  /// False while it is too early for another try.
  func allowsTry(at now: ContinuousClock.Instant) -> Bool {
    guard let failure else { return true }
    return tenure.allowsRetry(after: failure.time.duration(to: now), of: failure.delay)
  }

  /// Tries to commit once; no outcome yet if that is to be done again, or else the epoch is recycled.
  func perform() {
    move(to: .atSink(since: clock.instant()))
    do throws(ConnectorError) {
      let receipt = try sink.commit(epoch, progress: progress)
      attempt.succeeded()
      sink.recycle(epoch)
      move(to: .settled(.success(receipt)))
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: ConnectorError) {
    do throws(ConnectorError) {
      let delay = try attempt.failed(error)
      guard tenure.hasTimeToRetry else { throw attempt.givenUp(for: error) }
      failure = (.now, delay)
      move(to: .waiting)
    } catch {
      move(to: .settled(.failure(error)))
    }
  }

  private func move(to state: State) { self.state.withLock { $0 = state } }
}
