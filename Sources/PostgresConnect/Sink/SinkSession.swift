import Attribution
import Connect
import Dataflow
import Events

/// A sink's connection for one task and what it has set up there: staging tables, known days.
///
/// It holds a shared advisory lock on the task for as long as it lives: so `pg_locks` tells which
/// server processes work for a task, whatever state their clients are in.
final class SinkSession {
  private static let name = "firstclick sink"
  /// The first half of the advisory locks' keys; the task is the other.
  static let lockClass: Int32 = 0x6663_6C6B
  /// How long a statement waits for another session's locks.
  static let lockTimeout = "10s"
  /// SQLSTATE of a wait that was given up.
  static let lockNotAvailable = "SQLSTATE 55P03"

  let connection: PostgresConnection
  let task: Int32
  private var hasAnswerTables = false
  private var hasStagingTables = false
  private var knownDays: Set<Int64> = []

  init(_ address: PostgresAddress, task: Int32) throws(ConnectorError) {
    self.task = task
    connection = try PostgresConnection(address, applicationName: Self.name)
    // jit would compile the late rules' plans for longer than it runs them. The time-outs are for
    // the case that a worker that hangs may not be ended by the one that takes over, which knows
    // the session by its name, whatever PGAPPNAME says.
    try connection.execute(
      """
      SET application_name = '\(Self.name)';
      SET jit = off;
      SET lock_timeout = '\(Self.lockTimeout)';
      SET idle_in_transaction_session_timeout = '60s';
      SELECT pg_advisory_lock_shared(\(Self.lockClass), \(task))
      """
    )
  }

  /// Whether some session works for the task of a row of `stream_progress`.
  static let isHeld = """
    EXISTS (
      SELECT FROM pg_locks AS l
      WHERE l.locktype = 'advisory' AND l.objsubid = 2
        AND l.classid = \(lockClass) AND l.objid = task::oid
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    """

  /// Ends the other sessions of the task that are in the middle of something: their worker may be
  /// frozen, their locks would hold this one up, and no time-out ends a COPY that waits for its
  /// client.
  ///
  /// Only sinks' own: behind a pooler, a lock may have stayed with a session that others use now.
  /// They are fenced already or about to be, so all they lose is what would be refused. Where the
  /// user may not end them, lock_timeout turns the wait into retries.
  func endFormerSessions() throws(ConnectorError) {
    do throws(ConnectorError) {
      try connection.execute(
        """
        SELECT pg_terminate_backend(l.pid)
        FROM pg_locks AS l
        JOIN pg_stat_activity AS a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.objsubid = 2
          AND l.classid = \(Self.lockClass) AND l.objid = \(task)
          AND a.datname = current_database()
          AND a.pid <> pg_backend_pid()
          AND a.application_name = '\(Self.name)'
          AND a.state IS DISTINCT FROM 'idle'
        """
      )
    } catch {
      guard error.message.contains("SQLSTATE 42501") else { throw error }
    }
  }

  /// Makes what the epoch's transaction needs, outside of it.
  func prepare(
    for epoch: PostgresEpoch,
    _ settled: borrowing SettledLate
  ) throws(ConnectorError) {
    try makePartitions(for: epoch.days)
    if epoch.mayReplaceAnswers { try makeAnswerTables() }
    if epoch.restated != nil || epoch.hasLateEvents && !settled.isComplete {
      try makeStagingTables()
    }
  }

  private func makeAnswerTables() throws(ConnectorError) {
    guard !hasAnswerTables else { return }
    try connection.execute(StagingTables.creationOfAnswers)
    hasAnswerTables = true
  }

  func makeStagingTables() throws(ConnectorError) {
    guard !hasStagingTables else { return }
    try connection.execute(StagingTables.creation)
    hasStagingTables = true
  }

  /// Makes the partitions of the days that are new.
  ///
  /// Tasks of a log need the same days, and one at a time makes them; the more there are, the longer
  /// each takes. So they are made a few at a call, oldest first: outside of a transaction these stay
  /// made, locks are few, and the next task in turn finds many of its own. Waiting for others' turns
  /// is no outage.
  ///
  /// Belongs between transactions. In one, days that another session makes once it has written to the
  /// raw tables may stay unseen, which its COPY is refused for; those that it makes itself it sees, but
  /// they are taken back with it, and nobody else has a turn until it ends.
  func makePartitions(for days: DaySet) throws(ConnectorError) {
    let newDays = days.days.subtracting(knownDays).sorted()
    guard !newDays.isEmpty else { return }
    try connection.execute("SET lock_timeout = '\(Self.partitionPatience)'")
    for start in stride(from: 0, to: newDays.count, by: Self.daysPerCall) {
      let part = newDays[start...].prefix(Self.daysPerCall)
      try connection.execute(
        """
        SELECT ecommerce.ensure_day_partitions(
          ARRAY(SELECT date '1970-01-01' + day FROM unnest($1::integer[]) AS day)
        )
        """,
        [DaySet.arrayLiteral(part)]
      )
      knownDays.formUnion(part)
    }
    try connection.execute("SET lock_timeout = '\(Self.lockTimeout)'")
  }

  /// Some tens of milliseconds, a second where thousands of days are there.
  static let daysPerCall = 32
  /// What the calls of many tasks take one after another.
  private static let partitionPatience = "60s"

  func copyRawRows(
    of epoch: PostgresEpoch,
    _ settled: borrowing SettledLate
  ) throws(ConnectorError) {
    try copyClicks(of: epoch, settled)
    try connection.copy(
      epoch.checkouts,
      and: settled.checkouts,
      into: CheckoutRecord.table,
      columns: CheckoutRecord.columns
    )
  }

  func copyClicks(
    of epoch: PostgresEpoch,
    _ settled: borrowing SettledLate
  ) throws(ConnectorError) {
    try connection.copy(
      epoch.clicks,
      and: settled.clicks,
      into: ClickRecord.table,
      columns: ClickRecord.columns
    )
  }

  /// New answers are plain rows; revisions replace the stored row where they differ from it.
  func copyAnswers(
    of epoch: PostgresEpoch,
    _ settled: borrowing SettledLate
  ) throws(ConnectorError) {
    if settled.corrected.rows.isEmpty {
      try connection.copy(
        epoch.newAnswers,
        and: settled.newAnswers,
        into: AnswerRow.table,
        columns: AnswerRow.columns
      )
    } else {
      try connection.copy(
        settled.corrected.rows,
        and: settled.newAnswers,
        into: AnswerRow.table,
        columns: AnswerRow.columns
      )
    }
    guard try stageRevisions(of: epoch) else { return }
    try connection.execute(StagingTables.restatement(from: StagingTables.revisions))
  }

  /// - Returns: whether there are any.
  func stageRevisions(of epoch: PostgresEpoch) throws(ConnectorError) -> Bool {
    guard !epoch.revisions.isEmpty else { return false }
    try connection.copy(
      epoch.revisions,
      into: StagingTables.revisions,
      columns: AnswerRow.columns
    )
    return true
  }

  /// What an epoch notes for people and rebuilds, beside events and answers.
  func copyNotes(of epoch: PostgresEpoch) throws(ConnectorError) {
    try connection.copy(
      epoch.deadLetters,
      into: DeadLetterRow.table,
      columns: DeadLetterRow.columns
    )
    try connection.copy(epoch.gaps, into: GapRow.table, columns: GapRow.columns)
    try connection.copy(epoch.resends, into: ResendRow.table, columns: ResendRow.columns)
  }

  /// Settles the late events, against the stored rows where that is not done; nothing to do in most
  /// epochs.
  func settleLateEvents(
    of epoch: PostgresEpoch,
    _ settled: borrowing SettledLate,
    by rules: LateRules
  ) throws(ConnectorError) -> CommitReceipt {
    if let times = epoch.restated {
      try LateScan(
        task: epoch.task,
        window: rules.window,
        watermark: rules.watermark,
        floor: .endOfInput
      ).restate(times, on: connection)
    }
    guard epoch.hasLateEvents else { return CommitReceipt() }
    let remaining =
      settled.isComplete
      ? try rules.finish(settled, of: epoch, on: connection)
      : try rules.settle(epoch, on: connection)
    var receipt = CommitReceipt()
    receipt.lateClickDuplicates = Int64(epoch.lateClicks.events.count) - remaining.clicks.stored
    receipt.lateCheckoutDuplicates =
      Int64(epoch.lateCheckouts.events.count) - remaining.checkouts.stored
    receipt.lateClicksDropped = remaining.clicks.dropped
    receipt.lateCheckoutsDropped = remaining.checkouts.dropped
    return receipt
  }
}
