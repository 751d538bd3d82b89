import Connect
import Dataflow
import Logging
import PostgresConnect
import Runtime

/// One run of the pipeline under a lease: performs the steps that its `RunMachine` asks for.
///
/// Used by one thread. The steps are in files of their own, `PipelineRun+STEP.swift`.
final class PipelineRun {
  let settings: PipelineSettings
  let lease: Lease
  let heartbeat: LeaseHeartbeat
  let control: RunControl
  let clock: JobClock
  let logger: Logger
  let fault: PointedFault<PipelineFaultPoint>?
  let id: RunID

  var machine: RunMachine
  var result: RunResult
  var batch = RunBatch()
  var ledger: FailureLedger
  /// Runs that the channels were told of: this one, and those that it brings to their end.
  var toldRuns: Set<RunID> = []
  /// What staging each file came to, by name.
  var stagedTallies: [String: FileTally] = [:]
  let startedAt: EventTime
  /// What the run before came to: one that waits for the same leaves no other result.
  let previous: RunResult?
  /// Which files were seen in which state: outlives the run.
  let watch: InboxWatch
  let progress: RunProgress
  private var openConnection: PostgresConnection?

  init(
    settings: PipelineSettings,
    lease: Lease,
    heartbeat: LeaseHeartbeat,
    control: RunControl,
    clock: JobClock,
    logger: Logger,
    fault: PointedFault<PipelineFaultPoint>?,
    watch: InboxWatch,
    progress: RunProgress,
    previous: RunResult?
  ) {
    self.settings = settings
    self.lease = lease
    self.heartbeat = heartbeat
    self.control = control
    self.clock = clock
    self.logger = logger
    self.fault = fault
    self.watch = watch
    self.progress = progress
    self.previous = previous
    startedAt = clock.wallTime()
    id = RunID(startedAt: startedAt)
    machine = RunMachine(retryLimit: settings.retryLimit)
    result = RunResult(id, inbox: settings.inbox, startedAt: startedAt)
    ledger = FailureLedger(of: settings.inbox)
  }

  deinit { openConnection?.close() }

  /// Performs the run to its end.
  ///
  /// - Throws: `.fenced` when another run took over: then that one tells what became of this. Others
  ///   when the run could not be reported: then the channels are told of it all the same.
  func perform() throws(ConnectorError) -> RunResult {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    var action = machine.begin()
    while true {
      switch action {
      case .perform(let step):
        action = perform(step)
      case .retry(let step, let number):
        rollBack()
        if number == 1 { backoff = Backoff() }
        let delay = backoff.nextDelay(using: &random)
        logger.warning(
          "trying again",
          metadata: ["step": "\(step.rawValue)", "try": "\(number + 1)"]
        )
        _ = control.waitToRetry(delay)
        action = .perform(step)
      case .end:
        rollBack()
        return try end()
      }
    }
  }

  private func end() throws(ConnectorError) -> RunResult {
    if machine.isFenced, let (_, failure) = machine.failure { throw failure.cause }
    guard let failure = machine.reportFailure else { return result }
    tell(result, of: id)
    throw failure
  }

  private func perform(_ step: RunStep) -> RunMachine.Action {
    heartbeat.enter(step: step.rawValue)
    let hasFiles = [.validate, .stage, .archive].contains(step)
    progress.begin(step, fileCount: hasFiles ? batch.files.count : 0)
    let start = clock.instant()
    do throws(StepFailure) {
      try checkGoingOn(step)
      switch step {
      case .recover: try recover()
      case .collect: try collect()
      case .validate: try validate()
      case .setAside: try setAside()
      case .stage: try endingAtStop { () throws(StepFailure) in try stage() }
      case .transform: try endingAtStop { () throws(StepFailure) in try transform() }
      case .commit: try commit()
      case .archive: try archive()
      case .report: try report()
      }
      let seconds = start.duration(to: clock.instant()) / .seconds(1)
      note("a step is done", ["step": step.rawValue, "seconds": "\(seconds)"])
      return machine.stepDone(hasRowsToStage: batch.hasRowsToStage)
    } catch {
      logger.error(
        "a step failed",
        metadata: ["step": "\(step.rawValue)", "error": "\(error.cause)"]
      )
      return machine.stepFailed(error, isStopping: control.isStopRequested)
    }
  }

  /// Before the commit a stop ends the run; behind it, what was committed is brought to its end.
  private func checkGoingOn(_ step: RunStep) throws(StepFailure) {
    guard step != .report, !machine.isCommitted else { return }
    do throws(ConnectorError) { try heartbeat.check() } catch { throw StepFailure(error) }
    if control.isStopRequested { throw StepFailure(Self.stopped) }
  }

  /// Calls `body`, whose statements end as soon as a stop is asked for.
  private func endingAtStop(
    _ body: () throws(StepFailure) -> Void
  ) throws(StepFailure) {
    let connection = try blamingNobody { () throws(ConnectorError) in try self.connection() }
    do throws(StepFailure) {
      try connection.endingStatements(at: { [control] in control.isStopRequested }, body)
    } catch {
      throw control.isStopRequested ? StepFailure(Self.stopped) : error
    }
  }

  static let stopped = ConnectorError(
    .permanent,
    "stopped before the commit",
    hint: "Nothing was committed; the next run starts over."
  )

  /// Dies here when a crash test asks for it.
  func pass(_ point: PipelineFaultPoint) { fault.pass(point) }

  var now: EventTime { clock.wallTime() }

  func note(_ text: String, _ fields: [String: String]) {
    logger.info("\(text)", metadata: fields.mapValues { "\($0)" })
  }

  func warn(_ text: String, _ fields: [String: String]) {
    logger.warning("\(text)", metadata: fields.mapValues { "\($0)" })
  }

  // MARK: - The connection

  /// The run's connection, made anew when it was lost.
  func connection() throws(ConnectorError) -> PostgresConnection {
    if let openConnection, !openConnection.isLost { return openConnection }
    openConnection?.close()
    openConnection = nil
    let connection = try PostgresConnection(
      settings.database,
      applicationName: "firstclick pipeline"
    )
    openConnection = connection
    return connection
  }

  var isConnectionLost: Bool { openConnection?.isLost ?? true }

  /// Leaves the connection to who closes it.
  func forgetConnection() { openConnection = nil }

  /// Ends an open transaction without a trace.
  private func rollBack() {
    guard let openConnection, !openConnection.isIdle else { return }
    if (try? openConnection.execute("ROLLBACK")) == nil {
      openConnection.close()
      self.openConnection = nil
    }
  }

  /// The store on the run's connection.
  func store() throws(ConnectorError) -> RunStore { RunStore(connection: try connection()) }

  /// Calls `body`, whose errors blame no file.
  @discardableResult
  func blamingNobody<Result>(
    _ body: () throws(ConnectorError) -> Result
  ) throws(StepFailure) -> Result {
    do throws(ConnectorError) { return try body() } catch { throw StepFailure(error) }
  }
}
