import Attribution
package import Connect
import Dispatch
package import Logging

/// Streams a log of clicks and checkouts through first-click attribution into a sink, exactly once.
///
///     source --partitions--> tasks --epochs--> committer --transactions--> sink
///                            on worker threads  on threads of its own
///
/// The tasks are all partitions of the log, or those that its group of workers gives to this one.
/// A job runs once. `run` blocks; the other members may be called from any thread meanwhile.
package final class StreamingJob: Sendable {
  private let source: any Source
  private let sink: any Sink
  private let settings: Settings
  private let control: JobControl
  private let logger: Logger
  private let taskCount: Int
  private let roster = Roster()

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
      settings.commitByteCount = min(settings.commitByteCount, Settings.appendByteCount)
    }
    self.source = source
    self.sink = sink
    self.settings = settings
    self.logger = logger
    control = JobControl(clock: clock, stopTimeout: settings.stopTimeout, logger: logger)
    taskCount = try source.partitionCount()
  }

  /// Runs until the end of a bounded log, a stop request or a failure.
  ///
  /// A task whose log no longer has what comes next ends alone; the others run on. Throws the first
  /// failure, after the other tasks have committed what they had, or else which tasks were stopped;
  /// where the end was asked for, that is only logged.
  package func run() throws(ConnectorError) {
    FreedMemory.keep()
    let identity = try retry("look at the sink") { () throws(ConnectorError) in
      try sink.sharedIdentity()
    }
    try requireStoredPartitions()
    try requireRoom(forTasks: taskCount)
    // A sink that keeps no progress must see all tasks from one worker.
    let assignment = try identity.flatMap { identity throws(ConnectorError) in
      try joinWorkers(feeding: identity)
    }
    let workers = Workers(
      // One to step a task, one to read ahead for it.
      count: max(1, min(settings.workers, 2 * taskCount)),
      pollInterval: settings.pollInterval
    )
    let reporter = ReadsReporter(from: source, to: sink, logger: logger)
    if let assignment {
      GroupMember(
        assignment,
        environment: environment(reportingTo: assignment, workers),
        taskCount: taskCount,
        workers: workers,
        roster: roster
      ).run()
    } else {
      openAllTasks(on: workers)
    }
    workers.pool.seal()
    workers.join { control.stoppages.remindIfDue() }
    reporter?.finish()
    assignment?.close()
    if let failure = control.failure { throw failure }
    guard let stoppage = control.stoppages.failure else { return }
    guard control.isEndWished else { throw stoppage }
    logger.error("\(stoppage.message)", metadata: ["hint": "\(stoppage.hint ?? "")"])
  }

  /// Joins the workers that share the log's tasks; nil when this worker runs all of them.
  private func joinWorkers(
    feeding identity: String
  ) throws(ConnectorError) -> (any TaskAssignment)? {
    try retry("joining of the workers") { () throws(ConnectorError) in
      source.isLeasedBySink
        ? try sink.leaseTasks(of: source.identity, count: taskCount)
        : try source.joinGroup(feeding: identity)
    }
  }

  /// For what concerns the whole job, before there are tasks.
  private var retry: Retry {
    let tenure = Tenure(job: control)
    return Retry(logger: logger, limit: settings.retryLimit, wait: { tenure.waitToRetry($0) })
  }

  /// Tasks that the sink never gets round to would wait for the others without an end.
  private func requireRoom(forTasks count: Int) throws(ConnectorError) {
    try retry("look at the sink's limits") { () throws(ConnectorError) in
      try sink.requireRoom(forTasks: count)
    }
  }

  /// A log that has lost partitions is not what the stored rows came from.
  private func requireStoredPartitions() throws(ConnectorError) {
    let standings = try retry("look at the tasks") { () throws(ConnectorError) in
      try sink.standings(of: source.identity)
    }
    guard let last = standings.keys.max(), last >= taskCount else { return }
    throw ConnectorError(
      .permanent,
      "\(source.identity) has \(taskCount) \(source.partName), the database holds rows of "
        + "\(last + 1)",
      hint: "put the missing ones back, or attribute the new log into another database"
    )
  }

  private func openAllTasks(on workers: Workers) {
    let environment = environment(reportingTo: nil, workers)
    func open(_ tasks: Range<Int>) throws(ConnectorError) {
      var slots: [TaskSlot] = []
      for task in tasks {
        slots.append(try TaskSlot(task, job: environment, commits: workers.committer))
      }
      for slot in slots {
        roster.add(slot.environment.board)
        workers.pool.add(slot)
      }
    }
    do throws(ConnectorError) {
      try open(0..<taskCount)
      guard source.growsByPartitions, !settings.untilEnd else { return }
      let growth = PartitionGrowth(of: source, logger: logger)
      try growth.follow(from: taskCount, until: control) { added throws(ConnectorError) in
        try requireRoom(forTasks: added.upperBound)
        try open(added)
      }
    } catch {
      control.fail(error)
    }
  }

  private func environment(
    reportingTo assignment: (any TaskAssignment)?,
    _ workers: Workers
  ) -> JobEnvironment {
    JobEnvironment(
      source: source,
      sink: sink,
      settings: settings,
      clock: control.clock,
      control: control,
      logger: logger,
      isShared: assignment != nil,
      reportCommit: { task, progress in
        assignment?.report(
          task: task,
          clicks: progress.clicks.position,
          checkouts: progress.checkouts.position
        )
      },
      wake: { [pool = workers.pool] task in pool.wake(task: task) }
    )
  }

  /// Ends the job soon: no more is read, what was read is committed, and `run` returns.
  package func requestStop() { control.requestStop(isWished: true) }

  /// What this run has asked of the log's own parts; empty where that is not counted.
  package var reads: [PartReads] { source.reads ?? [] }

  /// How the tasks at work here are doing, in the order of the partitions.
  package func statistics() -> [TaskStatistics] { roster.statistics }

  /// Records that this run has read, those of tasks that another worker has now included.
  package var recordsRead: Int64 { roster.recordsRead }
}
