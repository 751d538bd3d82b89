import Connect
import Logging

/// What a job gives to every task.
struct JobEnvironment: Sendable {
  let source: any Source
  let sink: any Sink
  let settings: StreamingJob.Settings
  let clock: JobClock
  let control: JobControl
  let logger: Logger
  /// True when other workers share the log.
  let isShared: Bool
  /// Told of every acknowledged commit, by the thread that steps the task.
  let reportCommit: @Sendable (_ task: Int, _ progress: TaskProgress) -> Void
  /// To be told that a task has something to do that was waiting; from any thread.
  var wake: @Sendable (_ task: Int) -> Void = { _ in }

  func environment(of task: Int) -> TaskEnvironment {
    let tenure = Tenure(job: control)
    let board = StatisticsBoard(task: task)
    return TaskEnvironment(
      job: self,
      tenure: tenure,
      retry: Retry(
        logger: logger,
        limit: settings.retryLimit,
        wait: { tenure.waitToRetry($0) },
        noteTrouble: { board.update { $0.phase = .retrying } }
      ),
      board: board
    )
  }
}

/// What one task is given.
struct TaskEnvironment: Sendable {
  let job: JobEnvironment
  let tenure: Tenure
  let retry: Retry
  let board: StatisticsBoard

  var source: any Source { job.source }
  var settings: StreamingJob.Settings { job.settings }
  var clock: JobClock { job.clock }
  var logger: Logger { job.logger }
}
