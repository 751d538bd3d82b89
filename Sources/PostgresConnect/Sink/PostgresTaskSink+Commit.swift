import Attribution
import Connect
import Dataflow

/// One epoch as one transaction, and what may have become of it.
extension PostgresTaskSink {
  func commit(
    _ epoch: any Epoch,
    progress: TaskProgress
  ) throws(ConnectorError) -> CommitReceipt {
    guard let epoch = epoch as? PostgresEpoch, epoch.task == task else {
      preconditionFailure("an epoch of another sink was committed to task \(task)")
    }
    precondition(generation > 0, "task \(task) commits without having been opened")
    do {
      if isUncertain, let receipt = try resume(progress) { return receipt }
      let receipt = try writeOnce(epoch, progress: progress, in: openSession())
      committedEpoch += 1
      return receipt
    } catch {
      isUncertain = true
      isHeldUp = error.message.contains(SinkSession.lockNotAvailable)
      close()
      throw interruption(error)
    }
  }

  /// After a failure: finds out whether the former try had committed.
  ///
  /// - Returns: its receipt if it had; nil if it must be repeated.
  private func resume(_ progress: TaskProgress) throws(ConnectorError) -> CommitReceipt? {
    let line = try storedLine(openSession().connection)
    isUncertain = false
    if line.epoch == committedEpoch { return nil }
    committedEpoch += 1
    return CommitReceipt(given: progress, stored: line.progress)
  }

  /// Reads the line; the epoch of what it returns is ours or one more.
  private func storedLine(_ connection: PostgresConnection) throws(ConnectorError) -> StoredLine {
    let row = try connection.query(ProgressLine.standing, [String(task)]).first
    let line = row.map { StoredLine($0) }
    let epoch = line?.epoch ?? 0
    let storedGeneration = line?.generation ?? 0
    guard storedGeneration <= generation, epoch <= committedEpoch + 1 else {
      throw ConnectorError(
        .fenced,
        "another worker has taken task \(task) over at \(address)",
        hint: "Let one job at a time feed a database."
      )
    }
    guard let line, storedGeneration == generation, epoch >= committedEpoch else {
      throw ConnectorError(
        .rewound,
        "the server at \(address) has forgotten commits of task \(task): "
          + "expected epoch \(committedEpoch), found \(epoch)",
        hint: "It crashed with synchronous_commit off; reading goes on from what it still has."
      )
    }
    return line
  }

  /// Writes the epoch; where its answers are refused as second ones, again without the resends.
  private func writeOnce(
    _ epoch: PostgresEpoch,
    progress: TaskProgress,
    in session: SinkSession
  ) throws(ConnectorError) -> CommitReceipt {
    do {
      return try write(epoch, progress: progress, in: session)
    } catch {
      guard Resends.areSuspected(in: error) else { throw error }
      try session.connection.execute("ROLLBACK")
      return try writeWithoutResends(epoch, progress: progress, in: session)
    }
  }

  /// Writes the epoch without the resends that are stored by then.
  ///
  /// Answers that come in between are another worker's, which has taken the task over: then that is
  /// thrown.
  private func writeWithoutResends(
    _ epoch: PostgresEpoch,
    progress: TaskProgress,
    in session: SinkSession
  ) throws(ConnectorError) -> CommitReceipt {
    do {
      return try write(epoch, leavingOutResends: true, progress: progress, in: session)
    } catch {
      guard Resends.areSuspected(in: error) else { throw error }
      try session.connection.execute("ROLLBACK")
      _ = try storedLine(session.connection)
      throw error
    }
  }

  /// Writes the epoch as one transaction.
  private func write(
    _ epoch: PostgresEpoch,
    leavingOutResends: Bool = false,
    progress: TaskProgress,
    in session: SinkSession
  ) throws(ConnectorError) -> CommitReceipt {
    let connection = session.connection
    let rules = LateRules(
      task: task,
      window: rule.window,
      // With early rows, the first epoch answers what former runs with final rows have left.
      mayWait: rule.emission == .final || committedEpoch == formerEpoch,
      watermark: progress.isFlushed ? .endOfInput : progress.watermark
    )
    let memory = try rules.settleByMemory(epoch, on: connection)
    // A late checkout may be the first of what is sent again on time: the stored rows tell.
    let settled = leavingOutResends ? SettledLate() : memory
    try session.prepare(for: epoch, settled)
    fault.pass(.beforeBegin)
    try connection.execute("BEGIN")
    fault.pass(.afterBegin)
    let resentCheckouts =
      leavingOutResends
      ? try session.copyLeavingOutResends(of: epoch)
      : try copyRows(of: epoch, settled, in: session)
    fault.pass(.afterAttributions)
    var receipt = try session.settleLateEvents(of: epoch, settled, by: rules)
    receipt.resentCheckouts = resentCheckouts
    fault.pass(.afterLate)
    try session.copyNotes(of: epoch)
    fault.pass(.beforeProgress)
    try finish(
      connection,
      at: progress.corrected(by: receipt),
      greatestEventTime: epoch.greatestEventTime
    )
    return receipt
  }

  /// Copies raw rows and answers.
  ///
  /// - Returns: how many checkouts were stored by then, and left out for that.
  private func copyRows(
    of epoch: PostgresEpoch,
    _ settled: borrowing SettledLate,
    in session: SinkSession
  ) throws(ConnectorError) -> Int64 {
    if rule.emission == .final {
      let resentCheckouts = try session.copyAllButResends(of: epoch, settled)
      fault.pass(.afterRawCopy)
      return resentCheckouts
    }
    try session.copyRawRows(of: epoch, settled)
    fault.pass(.afterRawCopy)
    try session.copyAnswers(of: epoch, settled)
    return 0
  }

  /// Advances the line and commits.
  private func finish(
    _ connection: PostgresConnection,
    at progress: TaskProgress,
    greatestEventTime: EventTime
  ) throws(ConnectorError) {
    try advance(connection, to: progress, greatestEventTime: greatestEventTime)
    // Nobody commits after the flush, who would notice that a crashed server has forgotten it.
    if progress.isFlushed { try connection.execute(Self.waitForDisk) }
    fault.pass(.beforeCommit)
    try commit(connection)
    fault.pass(.afterCommit)
  }

  /// Turns asynchronous commits off for a transaction; stricter settings than `on` stay.
  private static let waitForDisk = """
    SELECT set_config('synchronous_commit', 'on', true)
    WHERE current_setting('synchronous_commit') = 'off'
    """

  private func advance(
    _ connection: PostgresConnection,
    to progress: TaskProgress,
    greatestEventTime: EventTime
  ) throws(ConnectorError) {
    let tag = try connection.execute(
      ProgressLine.advance,
      [
        String(task), String(generation), String(committedEpoch), greatestEventTime.postgresText,
      ] + ProgressLine.values(progress)
    )
    guard tag.rowCount != 1 else { return }
    try connection.execute("ROLLBACK")
    _ = try storedLine(connection)
    throw ConnectorError(
      .fenced,
      "the line of task \(task) at \(address) was changed by another worker"
    )
  }

  private func commit(_ connection: PostgresConnection) throws(ConnectorError) {
    if let fault, fault.strikes(at: .lostCommitAck) {
      try connection.abandon(after: "COMMIT")
      throw ConnectorError(.transient, "lost the connection to \(address) during COMMIT")
    }
    let tag = try connection.execute("COMMIT")
    guard tag.text == "COMMIT" else {
      throw ConnectorError(.transient, "COMMIT answered \(tag.text) at \(address)")
    }
  }
}
