import Attribution
import Connect
import Dataflow
import Events

/// Settles a commit's late events against the stored rows, set by set, inside its transaction: where
/// the recent events do not know all about them.
///
/// ```
/// staged late events -> drop resends of what is stored                (unique key, late_events)
///                       and of checkouts that wait for their row      (the engine has told)
/// questions   late checkouts, and stored checkouts that late clicks touch
/// answers     first candidate and count per question                  (recent events)
/// old ones    at or before the floor of the recent events             (raw tables, LateScan)
/// raw rows, answers -> attributions where they differ, outcomes -> late_events
/// ```
/// Where they do know all, nothing is staged (`SettledLate`), and only the corrections of rows that
/// earlier epochs have stored are written here.
///
/// Every answer is made anew of all stored clicks, whatever the row said before: so it is right
/// after any crash, and it does not matter which of the clicks the engine has counted. Pending
/// checkouts are left to the engine, which has the late clicks in its state too.
///
/// Cost: two or three look-ups in an index per late event. Only old ones, which a task meets when
/// it has just been taken over or when an event is later than the memory of recent events reaches,
/// cost a scan of the raw clicks of their time.
///
/// The planner knows nothing of temporary tables, so each step says whether it looks rows up in an
/// index or hashes. `enable_seqscan` is no way to say it: it adds 10^10 to the cost, beside which
/// the planner sees no other difference.
struct LateRules {
  var task: Int32
  var window: EventSpan
  /// Checkouts of earlier epochs may be stored without an answer yet.
  var mayWait: Bool
  /// The task's watermark at this commit: checkouts from it on are the engine's to answer.
  var watermark: Watermark

  struct Remaining {
    var clicks: (stored: Int64, dropped: Int64)
    var checkouts: (stored: Int64, dropped: Int64)
  }

  /// Settings of the transaction from here on: the planner looks rows up in an index.
  static let lookUp = """
    SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
    SET LOCAL enable_nestloop = on; SET LOCAL enable_material = off;

    """
  /// Settings of the transaction from here on: the planner hashes.
  static let hash = """
    SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = off;
    SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB';

    """

  /// What late events come to that the recent events know all about; nothing where they do not, but
  /// how much these late events restate is counted then.
  ///
  /// Before the transaction: only this task stores what it looks for, so that nothing may come in
  /// between without the commit being refused.
  func settleByMemory(
    _ epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> SettledLate {
    guard epoch.hasLateEvents else { return SettledLate() }
    var found = RecentAnswers(epoch, window: window, watermark: watermark)
    if try takeBackStored(from: epoch, on: connection) {
      found = RecentAnswers(epoch, window: window, watermark: watermark)
    }
    guard found.isComplete else {
      try RestatedCounts(task: task, window: window, mayWait: mayWait)
        .take(into: epoch, on: connection)
      return SettledLate()
    }
    return SettledLate(epoch, found)
  }

  /// Writes what was settled by memory and is not written with the epoch's own rows.
  func finish(
    _ settled: borrowing SettledLate,
    of epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Remaining {
    if !settled.corrected.others.isEmpty {
      try stage(settled.corrected.others, on: connection)
      try connection.execute(Self.lookUp + Self.replacement)
    }
    try connection.copy(
      settled.listed,
      into: LateEventRow.table,
      columns: LateEventRow.columns
    )
    return Remaining(
      clicks: epoch.lateClicks.storedCounts,
      checkouts: epoch.lateCheckouts.storedCounts
    )
  }

  /// Settles an epoch's late events after its new answers are written.
  ///
  /// - Returns: how many late events were no resends, and how many of these were dropped.
  func settle(
    _ epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Remaining {
    DroppedFirsts.note(in: epoch)
    try connection.copy(
      epoch.lateClicks.stagedRows(fieldCount: ClickRecord.columns.count),
      into: StagingTables.lateClicks,
      columns: StagedLateRow.columns(behind: ClickRecord.columns)
    )
    try connection.copy(
      epoch.lateCheckouts.stagedRows(fieldCount: CheckoutRecord.columns.count),
      into: StagingTables.lateCheckouts,
      columns: StagedLateRow.columns(behind: CheckoutRecord.columns)
    )
    try takeBack(Self.resends, from: epoch, on: connection)
    if !epoch.knowsLateEvents { try takeBack(LateScan.resends, from: epoch, on: connection) }
    try answer(epoch, on: connection)
    return try finish(on: connection)
  }
}
