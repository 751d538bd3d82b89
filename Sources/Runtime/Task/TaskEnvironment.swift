import Connect
import Logging

/// What every task of a job is given.
struct TaskEnvironment: Sendable {
  let source: any Source
  let settings: StreamingJob.Settings
  let clock: JobClock
  let control: JobControl
  let retry: Retry
  let logger: Logger
  let boards: [StatisticsBoard]

  func board(_ task: Int) -> StatisticsBoard { boards[task] }
}
