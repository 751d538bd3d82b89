import Connect
import Logging

/// Whether a group that runs to the end of a bounded log has come there, all tasks, whosever.
///
/// A worker whose own tasks have ended stays in the group until then: a task may be between two
/// workers, or its worker may die, and somebody must be left to run it. Every task's last commit is
/// its flush, also when there was nothing new, so the lines in the sink tell:
///
///     line when this worker started    epoch 7, flushed      (an earlier run)
///     line now                         epoch 9, flushed      ended since: done
///                                      epoch 8, not flushed  at work, or between two workers
///
/// The worker of the group that started first sees every end of its run, so it never waits in vain;
/// what it leaves, the others end again.
struct CommonEnd {
  private static let interval: Duration = .milliseconds(500)

  private let environment: JobEnvironment
  private let taskCount: Int
  private var epochsAtStart: [Int: Int64] = [:]
  private var ended: Set<Int> = []
  private var lastLook = ContinuousClock.now
  private var hasSaidSo = false

  init(environment: JobEnvironment, taskCount: Int) {
    self.environment = environment
    self.taskCount = taskCount
  }

  /// Notes how the tasks stand before this worker runs any; waits for the sink if need be.
  mutating func begin() {
    while !environment.control.isStopRequested {
      if let standings = standings() {
        epochsAtStart = standings.mapValues(\.epoch)
        return
      }
      environment.control.wait(Self.interval, unless: { environment.control.isStopRequested })
    }
  }

  /// True when some worker has come to the end of the task since this one started.
  mutating func hasSeenEnd(of task: Int) -> Bool {
    look()
    return ended.contains(task)
  }

  /// True when every task has come to its end since this worker started; asks the sink now and
  /// then.
  ///
  /// - Parameters:
  ///   - own: tasks of this worker, none of which runs any more; empty while it was not given any.
  ///   - stopped: those of them that will not come to their end; it need not wait for them.
  /// - Returns: false as well while the sink is out of reach.
  mutating func isReached(own: Set<Int>, except stopped: [Int]) -> Bool {
    look()
    // The sink may not have been asked since its own tasks ended.
    let others = taskCount - ended.union(own).count
    if others > 0, !own.isEmpty, !hasSaidSo {
      hasSaidSo = true
      environment.logger.info(
        "own tasks are at the end of the log, waiting for those of other workers",
        metadata: ["left": "\(others)"]
      )
    }
    return ended.union(stopped).count == taskCount
  }

  private mutating func look() {
    let now = ContinuousClock.now
    guard lastLook.duration(to: now) >= Self.interval, let standings = standings() else { return }
    lastLook = now
    for (task, standing) in standings
    where standing.isFlushed && standing.epoch > epochsAtStart[task] ?? 0 && task < taskCount {
      ended.insert(task)
    }
  }

  /// Nil while the sink is out of reach.
  private func standings() -> [Int: TaskStanding]? {
    do throws(ConnectorError) {
      return try environment.sink.standings(of: environment.source.identity)
    } catch {
      if error.kind != .transient { environment.control.fail(error) }
      return nil
    }
  }
}
