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
  var emission: AttributionRule.Emission
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
      try RestatedCounts(task: task, window: window, emission: emission)
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
    return try answer(epoch, on: connection)
  }

  /// Answers the questions of the staged late events.
  private func answer(
    _ epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Remaining {
    let found = RecentAnswers(epoch, window: window, watermark: watermark)
    try stage(found.corrections, and: found.newAnswers, on: connection)
    try connection.copy(
      found.questions,
      into: StagingTables.questions,
      columns: RecentAnswers.questionColumns
    )
    if !found.isComplete {
      let scan = LateScan(task: task, window: window, watermark: watermark, floor: found.floor)
      try scan.answer(on: connection)
    }
    return try finish(on: connection)
  }

  private func stage(
    _ answers: borrowing CopyBuffer,
    and more: borrowing CopyBuffer = CopyBuffer(),
    on connection: PostgresConnection
  ) throws(ConnectorError) {
    try connection.copy(
      answers,
      and: more,
      into: StagingTables.answers,
      columns: AnswerRow.columns
    )
  }

  /// Takes resends out of the staging tables and of the recent events.
  private func takeBack(
    _ resends: String,
    from epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) {
    let rows = try connection.query(resends)
    epoch.recent.withLock {
      epoch.lateClicks.takeBack(offsets: Self.numbers(of: .clicks, in: rows))
      epoch.lateCheckouts.takeBack(offsets: Self.numbers(of: .checkouts, in: rows))
    }
  }

  /// As above, of late events that are not staged.
  ///
  /// - Returns: whether there are any.
  private func takeBackStored(
    from epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Bool {
    let clicks = epoch.lateClicks.storedKeys()
    let checkouts = epoch.lateCheckouts.storedKeys()
    let rows = try connection.query(
      Self.storedResends,
      [clicks.ids, clicks.userIDs, checkouts.ids, checkouts.userIDs]
    )
    guard !rows.isEmpty else { return false }
    epoch.recent.withLock {
      for place in Self.numbers(of: .clicks, in: rows) {
        epoch.lateClicks.takeBack(clicks.numbers[Int(place) - 1])
      }
      for place in Self.numbers(of: .checkouts, in: rows) {
        epoch.lateCheckouts.takeBack(checkouts.numbers[Int(place) - 1])
      }
    }
    return true
  }

  private static func numbers(of stream: StreamKind, in rows: [[String?]]) -> [Int64] {
    rows.compactMap { row in
      row[0] == stream.rawValue ? row[1].flatMap { Int64($0) } : nil
    }
  }

  // Whether the id of a late event l is stored under whatever time: a checkout that has an answer or
  // was dropped, a click that came late before; clicks that the engine has taken for new are not
  // asked for. Scalar subqueries, which the planner never turns
  // into a join: it would hash a whole table.
  private static let isStoredCheckout = """
    (
      SELECT true FROM ecommerce.attributions AS a
      WHERE a.user_id = l.user_id AND a.checkout_id = l.event_id
    )
    OR (
      SELECT true FROM ecommerce.late_events AS d
      WHERE d.user_id = l.user_id AND d.event_id = l.event_id
        AND d.stream = 'checkouts' AND d.outcome = 'dropped'
      LIMIT 1
    )
    """
  private static let isStoredClick = """
    (
      SELECT true FROM ecommerce.late_events AS d
      WHERE d.user_id = l.user_id AND d.event_id = l.event_id AND d.stream = 'clicks'
      LIMIT 1
    )
    """

  /// Takes out the staged ones.
  private static let resends = """
    WITH resent_checkouts AS (
      DELETE FROM pg_temp.late_checkouts AS l WHERE NOT is_new AND (\(isStoredCheckout))
      RETURNING log_offset
    ),
    resent_clicks AS (
      DELETE FROM pg_temp.late_clicks AS l WHERE NOT is_new AND (\(isStoredClick))
      RETURNING log_offset
    )
    SELECT 'checkouts', log_offset FROM resent_checkouts
    UNION ALL
    SELECT 'clicks', log_offset FROM resent_clicks
    """

  /// Names those of arrays of ids and users, clicks' and then checkouts', by their places from 1 on.
  private static let storedResends = """
    SELECT 'clicks', l.place
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS l (event_id, user_id, place)
    WHERE \(isStoredClick)
    UNION ALL
    SELECT 'checkouts', l.place
    FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS l (event_id, user_id, place)
    WHERE \(isStoredCheckout)
    """

  /// Stores the raw rows, brings the answers up to date and lists the late events.
  private func finish(on connection: PostgresConnection) throws(ConnectorError) -> Remaining {
    let counts = try connection.query(
      Self.rawRows + Self.newAnswers + Self.replacement + outcomes + Self.remaining
    )
    let numbers = (counts.first ?? []).map { $0.flatMap { Int64($0) } ?? 0 }
    guard numbers.count == 4 else {
      throw ConnectorError(.permanent, "expected 4 counts of late events, found \(numbers.count)")
    }
    return Remaining(clicks: (numbers[0], numbers[1]), checkouts: (numbers[2], numbers[3]))
  }

  private static let rawRows: String = {
    let clicks = ClickRecord.columns.joined(separator: ", ")
    let checkouts = CheckoutRecord.columns.joined(separator: ", ")
    return """
      INSERT INTO \(ClickRecord.table) (\(clicks)) SELECT \(clicks) FROM pg_temp.late_clicks;
      INSERT INTO \(CheckoutRecord.table) (\(checkouts))
      SELECT \(checkouts) FROM pg_temp.late_checkouts;

      """
  }()

  /// Answers to the late checkouts, all new.
  private static let newAnswers: String = {
    let columns = AnswerRow.columns.joined(separator: ", ")
    let answered = AnswerRow.columns.map { "r.\($0)" }.joined(separator: ", ")
    return """
      \(hash)
      INSERT INTO ecommerce.attributions (\(columns))
      SELECT \(answered)
      FROM pg_temp.late_checkouts AS l
      JOIN \(StagingTables.answers) AS r
        ON r.user_id = l.user_id AND r.checkout_id = l.event_id
        AND r.checkout_timestamp = l.event_timestamp
      WHERE NOT l.is_dropped;
      \(lookUp)

      """
  }()

  private static let replacement = StagingTables.replacement(from: StagingTables.answers) + ";\n"

  private var outcomes: String {
    [("clicks", StagingTables.lateClicks), ("checkouts", StagingTables.lateCheckouts)]
      .map { stream, table in
        """
        INSERT INTO ecommerce.late_events
        SELECT '\(stream)', event_id, user_id, event_timestamp, \(task), log_offset, watermark,
          CASE
            WHEN is_dropped THEN 'dropped'
            WHEN restated > 0 THEN 'restated'
            ELSE 'no_change'
          END,
          restated, clock_timestamp()
        FROM \(table);

        """
      }.joined()
  }

  private static let remaining = """
    SELECT
      (SELECT count(*) FROM pg_temp.late_clicks),
      (SELECT count(*) FROM pg_temp.late_clicks WHERE is_dropped),
      (SELECT count(*) FROM pg_temp.late_checkouts),
      (SELECT count(*) FROM pg_temp.late_checkouts WHERE is_dropped)
    """
}
