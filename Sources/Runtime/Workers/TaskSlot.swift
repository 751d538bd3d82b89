import Connect
import Logging
import Synchronization

/// One task at this worker, from its takeover until it is let go.
///
/// Unchecked: `task` is touched by the thread that has the slot in work, one at a time (`TaskPool`);
/// any other may call `readAhead` and `interruptIfOverdue`.
final class TaskSlot: @unchecked Sendable {
  enum Outcome {
    /// Call again at once.
    case progressed
    /// Nothing to do until the log grows or the commit in flight is settled.
    case waiting
    case ended(Ending)
  }

  enum Ending {
    /// At the end of the log, or drained at the stop.
    case finished
    /// The group has it back.
    case letGo
    /// Another worker has taken it over.
    case fenced
    /// The log no longer has what comes next.
    case stopped
    /// The job fails by it.
    case failed
  }

  let number: Int
  let environment: TaskEnvironment
  private let sink: any TaskSink
  private let commits: any CommitQueue
  /// Nil until it is opened, and while it is to be opened again.
  private var task: StreamTask?
  /// The inputs of `task`, for other threads.
  private let inputs = Mutex<[any ReadingAhead]>([])

  /// Makes the sink's end, which connects to nothing yet.
  init(
    _ number: Int,
    job: JobEnvironment,
    commits: any CommitQueue
  ) throws(ConnectorError) {
    self.number = number
    self.commits = commits
    environment = job.environment(of: number)
    sink = try job.sink.makeTask(
      number,
      source: job.source.identity,
      rule: job.settings.rule
    )
  }

  /// Takes the task over, or does one step of it.
  func step() -> Outcome {
    if environment.tenure.isDropped { return abandon() }
    do throws(ConnectorError) {
      guard let task else { return try open() }
      switch try task.step() {
      case .progressed: return .progressed
      case .waiting: return .waiting
      case _ where environment.tenure.isLetGo: return end(.letGo)
      case .finished: return end(.finished)
      case .stopped: return stop(for: task.loss)
      }
    } catch {
      return recover(from: error)
    }
  }

  /// Ends what the task waits for at the sink, where its time to commit is over; from any thread.
  func interruptIfOverdue() {
    if environment.tenure.isOverdue { sink.interrupt() }
  }

  /// Reads and decodes what the task will need next; for a thread that does not step it.
  func readAhead() {
    for input in inputs.withLock({ $0 }) { input.readAhead() }
  }

  private func open() throws(ConnectorError) -> Outcome {
    guard !environment.tenure.isStopRequested else { return end(.letGo) }
    let task = try StreamTask(task: number, environment: environment, sink: sink, commits: commits)
    self.task = task
    inputs.withLock { $0 = task.readingAhead }
    return .progressed
  }

  /// Lets go without another commit; one in flight still has the sink.
  private func abandon() -> Outcome {
    if let task, task.isCommitting { return .waiting }
    return end(.letGo)
  }

  /// An attempt has ended with an error: nothing of the task is in flight any more.
  private func recover(from error: ConnectorError) -> Outcome {
    let metadata: Logger.Metadata = ["task": "\(number)", "error": "\(error)"]
    switch error.kind {
    case .rewound:
      environment.logger.warning(
        "sink has lost commits that it had acknowledged, going back to what it holds",
        metadata: metadata
      )
      forgetTask()
      return .progressed
    case .fenced where environment.job.isShared:
      environment.logger.warning("another worker has taken the task over", metadata: metadata)
      return end(.fenced)
    case _ where environment.tenure.isLetGo:
      environment.logger.warning(
        "task let go with its last rows uncommitted: its next worker reads them again",
        metadata: metadata
      )
      return end(.letGo)
    case .lost: return stop(for: error)
    default:
      environment.job.control.fail(error.explained(task: number))
      return end(.failed)
    }
  }

  private func stop(for error: ConnectorError?) -> Outcome {
    if let error { environment.job.control.stoppages.add(number, for: error) }
    environment.board.update { $0.phase = .stopped }
    return end(.stopped)
  }

  private func end(_ ending: Ending) -> Outcome {
    sink.close()
    forgetTask()
    return .ended(ending)
  }

  private func forgetTask() {
    inputs.withLock { $0 = [] }
    task = nil
  }
}

extension ConnectorError {
  /// Says which task was lost to whom.
  fileprivate func explained(task: Int) -> ConnectorError {
    guard kind == .fenced else { return self }
    return ConnectorError(
      .fenced,
      "task \(task) was taken over by another worker: \(message)",
      hint: hint ?? "let only one job write a task, or stop this one for good"
    )
  }
}
