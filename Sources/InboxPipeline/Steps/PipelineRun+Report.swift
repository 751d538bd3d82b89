import Connect
import Dataflow
import Events
import Runtime

extension PipelineRun {
  /// Settles how the run ended, counts the failures of files, writes the result, tells the channels,
  /// and notes in the database that nothing is left to do.
  ///
  /// A run that found the same as the one before it, and nothing to do, leaves no result.
  func report() throws(StepFailure) {
    settleOutcome()
    try blamingNobody { () throws(ConnectorError) in try countFailures() }
    if let previous, result.waitsLike(previous) { return }
    try blamingNobody { () throws(ConnectorError) in
      try deliver(result, of: id)
      try noteEnd()
    }
  }

  private func settleOutcome() {
    result.stopDate = now.iso8601
    result.status = batch.status
    guard let (step, failure) = machine.failure else { return }
    result.status = machine.isCommitted ? .partial : .failed
    result.failure = RunResult.Failure(
      step: step.rawValue,
      message: failure.cause.message,
      hint: failure.cause.hint,
      file: failure.file?.file.name
    )
    if !machine.isCommitted {
      result.stagedRows = [:]
      result.days = []
      result.rejectedRows = [:]
      result.waitingFiles = Set(result.waitingFiles + batch.waitingNames)
        .subtracting(result.duplicateFiles.keys).subtracting(result.deadFiles).sorted()
    }
  }

  /// Takes out files that failed their third run.
  private func countFailures() throws(ConnectorError) {
    for file in batch.unreadable { try count(file.error, .collect, of: file.file) }
    if let (step, failure) = machine.failure, let file = failure.file {
      try count(failure.cause, step, of: file)
    }
  }

  private func count(
    _ error: ConnectorError,
    _ step: RunStep,
    of file: TakenFile
  ) throws(ConnectorError) {
    // When the report is tried again, some are away.
    guard !result.deadFiles.contains(file.file.name) else { return }
    let failures = try ledger.add(
      FailureLedger.Failure(
        run: id.description,
        step: step.rawValue,
        error: error.description,
        failedAt: now.iso8601
      ),
      of: file
    )
    guard failures.count >= FailureLedger.limit else { return }
    let companion = ".errors.json"
    let place = try InboxMove.place(
      for: file.file,
      in: settings.inbox.dead,
      run: id,
      companion: companion
    )
    try settings.inbox.write(JSONText.encode(failures), to: place + companion)
    if try InboxMove.move(file.file, to: place, run: id) {
      result.deadFiles.append(file.file.name)
      result.waitingFiles.removeAll { $0 == file.file.name }
    }
    try ledger.forget([file.hash])
  }

  /// Writes the result and tells the channels.
  func deliver(_ result: RunResult, of run: RunID) throws(ConnectorError) {
    try settings.inbox.write(
      JSONText.encode(result),
      to: "\(settings.inbox.results)/\(run).json"
    )
    pass(.reported)
    tell(result, of: run)
    pass(.notified)
  }

  /// Tells the channels of the run, unless they know or there is nothing to tell.
  func tell(_ result: RunResult, of run: RunID) {
    guard !result.isIdle, toldRuns.insert(run).inserted else { return }
    let text = JSONText.encode(result)
    for channel in settings.channels {
      do throws(ConnectorError) {
        try Notification.deliver(text, to: channel, retryLimit: settings.retryLimit, control)
      } catch {
        // The run is what it is, whoever hears of it.
        warn(
          "nobody was told of the run",
          ["channel": "\(channel.description)", "error": "\(error)"]
        )
      }
    }
  }

  /// Not settled while committed files are still in the inbox: the next run archives them.
  private func noteEnd() throws(ConnectorError) {
    let isSettled = machine.failure == nil || !machine.isCommitted
    do throws(ConnectorError) {
      let store = try store()
      if !result.isIdle { try store.begin(result, lease: lease) }
      try store.note(result, isCommitted: machine.isCommitted, isSettled: isSettled)
    } catch {
      // Failed for want of a database, most likely: then there is nothing to note it in.
      guard machine.failure != nil else { throw error }
    }
  }
}
