package import Connect
import Dataflow

/// A task's line of `stream_progress`, for `stream-job status`.
package struct TaskStatus: Hashable, Sendable {
  package var task: Int
  /// Identity of the log.
  package var source: String
  /// host:pid of the worker that took it over last.
  package var owner: String
  /// True while that worker is connected.
  package var isHeld: Bool
  package var generation: Int64
  package var epoch: Int64
  package var progress: TaskProgress
  /// Nil while the task was only taken over.
  package var lastCommit: Commit?
  /// Records that the log had lost.
  package var gaps: GapCount
  /// Nil while nothing keeps the task from being read.
  package var stop: Stop?

  /// That rows and progress were committed.
  package struct Commit: Hashable, Sendable {
    /// Wall clock, and how long ago that was by the server's clock.
    package var committedAt: String
    package var secondsSince: Double
  }

  /// That a task was stopped alone.
  package struct Stop: Hashable, Sendable {
    /// Wall clock, and how long ago that was by the server's clock.
    package var stoppedAt: String
    package var secondsSince: Double
    /// Why, and what to do.
    package var reason: String
  }

  /// The input with the smaller watermark: the task waits for it; nil when they are equal.
  package var heldBackBy: StreamKind? {
    let (clicks, checkouts) = (progress.clicks.watermark, progress.checkouts.watermark)
    guard clicks != checkouts else { return nil }
    return clicks < checkouts ? .clicks : .checkouts
  }
}
