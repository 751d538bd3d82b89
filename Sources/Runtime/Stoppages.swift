import Connect
import Logging
import Synchronization

/// The tasks of a job that cannot go on, while the others do: their log no longer has what comes next.
///
/// Said once when it happens and again every minute, since the job itself goes on; at its end it is
/// the job's failure.
final class Stoppages: Sendable {
  private struct State {
    var errors: [Int: ConnectorError] = [:]
    var nextReminder: ContinuousClock.Instant?
  }

  private static let interval: Duration = .seconds(60)

  private let logger: Logger
  private let clock: JobClock
  private let state = Mutex(State())

  init(logger: Logger, clock: JobClock) {
    self.logger = logger
    self.clock = clock
  }

  /// The task has committed what it had, and reads no more.
  func add(_ task: Int, for error: ConnectorError) {
    state.withLock { state in
      state.errors[task] = error
      state.nextReminder = clock.instant() + Self.interval
    }
    logger.error(
      "task stopped, the others go on",
      metadata: ["task": "\(task)", "error": "\(error)"]
    )
  }

  /// Another worker has the task, or this one tries it again.
  func remove(_ task: Int) { state.withLock { _ = $0.errors.removeValue(forKey: task) } }

  /// Says it again when it is time to.
  func remindIfDue() {
    let now = clock.instant()
    let error = state.withLock { state -> ConnectorError? in
      guard let due = state.nextReminder, due <= now else { return nil }
      state.nextReminder = now + Self.interval
      return Self.failure(of: state.errors)
    }
    if let error { logger.error("\(error.message)", metadata: ["hint": "\(error.hint ?? "")"]) }
  }

  /// What the job has to say at its end; nil when no task was stopped.
  var failure: ConnectorError? { state.withLock { Self.failure(of: $0.errors) } }

  /// Names all of them, and the reason of the first.
  private static func failure(of errors: [Int: ConnectorError]) -> ConnectorError? {
    let tasks = errors.keys.sorted()
    guard let first = tasks.first, let error = errors[first] else { return nil }
    let text =
      tasks.count == 1
      ? "task \(first) was stopped: \(error.message)"
      : "tasks \(tasks.map(String.init).joined(separator: ", ")) were stopped; "
        + "task \(first): \(error.message)"
    return ConnectorError(.permanent, text, hint: error.hint)
  }
}
