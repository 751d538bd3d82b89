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
/// Unchecked: all but `settled` is touched by the committer only, one thread at a time, from
/// `submit` until `outcome` is set.
final class CommitTicket: @unchecked Sendable {
  let task: Int
  let sink: any TaskSink
  let epoch: any Epoch
  let progress: TaskProgress
  private let tenure: Tenure
  private var attempt: Attempt
  private var failure: (time: ContinuousClock.Instant, delay: Duration)?
  private let settled = Mutex<Result<CommitReceipt, ConnectorError>?>(nil)

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
    attempt = environment.retry.attempt("commit", of: task)
  }

  /// Nil while the commit is under way.
  var outcome: Result<CommitReceipt, ConnectorError>? { settled.withLock { $0 } }

  /// True when a try has failed.
  var isRetry: Bool { failure != nil }

  /// False while it is too early for another try.
  func allowsTry(at now: ContinuousClock.Instant) -> Bool {
    guard let failure else { return true }
    return tenure.allowsRetry(after: failure.time.duration(to: now), of: failure.delay)
  }

  /// Tries to commit once; no outcome yet if that is to be done again, or else the epoch is recycled.
  func perform() {
    do throws(ConnectorError) {
      let receipt = try sink.commit(epoch, progress: progress)
      attempt.succeeded()
      sink.recycle(epoch)
      settle(.success(receipt))
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: ConnectorError) {
    do throws(ConnectorError) {
      let delay = try attempt.failed(error)
      guard tenure.hasTimeToRetry else { throw attempt.givenUp(for: error) }
      failure = (.now, delay)
    } catch {
      settle(.failure(error))
    }
  }

  private func settle(_ outcome: Result<CommitReceipt, ConnectorError>) {
    settled.withLock { $0 = outcome }
  }
}
