import Foundation
import Synchronization

/// How long a worker keeps a task: as long as the job runs, unless the group wants it back.
///
///     held --release--> draining until a deadline --> closed
///       \------drop---> closed, nothing more is committed
///
/// Asked by the thread that steps the task and by the one that commits for it.
final class Tenure: Sendable {
  private struct State {
    /// When a release must be over.
    var deadline: ContinuousClock.Instant?
    var isDropped = false
  }

  private let job: JobControl
  private let isOver = Atomic(false)
  private let state = Mutex(State())

  init(job: JobControl) { self.job = job }

  /// True when nothing more is to be read: for the task, or for the whole job.
  var isStopRequested: Bool { isLetGo || job.isStopRequested }
  /// True when the group has taken the task away, whether it may still commit or not.
  var isLetGo: Bool { isOver.load(ordering: .acquiring) }
  /// True when nothing more is to be committed.
  var isDropped: Bool { state.withLock { $0.isDropped } }

  /// The task has until `deadline` to commit what it has.
  func release(by deadline: ContinuousClock.Instant) {
    state.withLock { $0.deadline = $0.deadline ?? deadline }
    end()
  }

  /// The task is another worker's already.
  func drop() {
    state.withLock { $0.isDropped = true }
    end()
  }

  private func end() {
    isOver.store(true, ordering: .releasing)
    job.wakeWaiters()
  }

  /// True when the time that was left to commit is over.
  var isOverdue: Bool {
    let state = state.withLock { $0 }
    guard !state.isDropped else { return true }
    guard let deadline = [state.deadline, job.stopDeadline].compactMap(\.self).min() else {
      return false
    }
    return deadline <= job.clock.instant()
  }

  /// Waits before a retry: not at all once the time to stop is over.
  ///
  /// - Returns: false when there is no time for another try.
  func waitToRetry(_ delay: Duration) -> Bool {
    guard isStopRequested else {
      job.wait(delay, unless: { isStopRequested })
      return true
    }
    guard let remaining = timeToRetry else { return false }
    Thread.sleep(forTimeInterval: min(delay, remaining, Self.longestDelay) / .seconds(1))
    return true
  }

  /// Whether a retry that was to wait for `delay` is due after `elapsed`: soon once a stop is
  /// requested, at once when the time to stop is over, for the last time.
  func allowsRetry(after elapsed: Duration, of delay: Duration) -> Bool {
    guard isStopRequested else { return elapsed >= delay }
    return elapsed >= min(delay, Self.longestDelay) || timeToRetry == nil
  }

  /// False when what fails is to be given up.
  var hasTimeToRetry: Bool { !isStopRequested || timeToRetry != nil }

  /// What is left of the time to stop; nil when it is over.
  private var timeToRetry: Duration? {
    let state = state.withLock { $0 }
    guard !state.isDropped,
      let deadline = [state.deadline, job.stopDeadline].compactMap(\.self).min()
    else { return nil }
    let remaining = job.clock.instant().duration(to: deadline)
    return remaining > .zero ? remaining : nil
  }

  /// Between two tries once a stop is requested.
  private static let longestDelay: Duration = .milliseconds(200)
}
