import Attribution
package import Connect
import Dispatch
import Foundation
package import Logging

/// Streams a log of clicks and checkouts through first-click attribution into a sink, exactly once.
///
///     source --partitions--> tasks --epochs--> committers --transactions--> sink
///                            on worker threads  one thread a worker
///
/// A job runs once. `run` blocks; the other members may be called from any thread meanwhile.
package final class StreamingJob: Sendable {
  private let source: any Source
  private let sink: any Sink
  private let settings: Settings
  private let environment: TaskEnvironment

  /// Append-only sinks turn the rule into final rows only, late events dropped.
  ///
  /// - Parameters:
  ///   - source: the log; its number of partitions is the number of tasks.
  ///   - sink: where rows and progress go.
  ///   - settings: how to run.
  ///   - logger: for changes of state; nothing per batch.
  ///   - clock: set by hand in tests.
  /// - Throws: when the log has no partitions or cannot be listed.
  package init(
    source: any Source,
    sink: any Sink,
    settings: Settings,
    logger: Logger,
    clock: JobClock = .system
  ) throws(ConnectorError) {
    var settings = settings
    if !sink.acceptsRevisions {
      settings.rule.emission = .final
      settings.rule.latePolicy = .drop
    }
    self.source = source
    self.sink = sink
    self.settings = settings
    let control = JobControl(clock: clock, stopTimeout: settings.stopTimeout)
    environment = TaskEnvironment(
      source: source,
      settings: settings,
      clock: clock,
      control: control,
      retry: Retry(control: control, logger: logger, limit: settings.retryLimit),
      logger: logger,
      boards: (0..<(try source.partitionCount())).map(StatisticsBoard.init(task:))
    )
  }

  /// Runs until the end of a bounded log, a stop request or a failure.
  ///
  /// Throws the first failure, after the other tasks have committed what they had.
  package func run() throws(ConnectorError) {
    let tasks = environment.boards.count
    var sinks: [[(task: Int, sink: any TaskSink)]] = Array(
      repeating: [],
      count: max(1, min(settings.workers, tasks))
    )
    for task in 0..<tasks {
      let taskSink = try sink.makeTask(task, source: source.identity, rule: settings.rule)
      sinks[task % sinks.count].append((task, taskSink))
    }
    let running = DispatchGroup()
    for (index, sinks) in sinks.enumerated() {
      let worker = Worker(environment: environment, sinks: sinks)
      let thread = Thread {
        worker.run()
        running.leave()
      }
      thread.name = "worker \(index)"
      running.enter()
      thread.start()
    }
    running.wait()
    if let failure = environment.control.failure { throw failure }
  }

  /// Ends the job soon: no more is read, what was read is committed, and `run` returns.
  package func requestStop() { environment.control.requestStop() }

  /// How the tasks are doing, in the order of the partitions.
  package func statistics() -> [TaskStatistics] { environment.boards.map(\.current) }
}
