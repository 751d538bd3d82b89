import Connect
import Events

/// Checkouts sent again on time with another time, after the engine has forgotten the first one, or
/// into another partition than the first one.
///
/// Only the stored answers recognise them. With early rows an epoch that reads a resend answers it
/// too, and the unique key refuses the COPY of its answers: the commit is then repeated through
/// staging tables, which takes longer and happens next to never; a commit without resends pays
/// nothing. With final rows the answer comes an hour later, when the raw row is stored: there every
/// epoch's checkouts go through a staging table and are looked up in the index of the answers.
///
/// What the engine has forgotten lies before its state, so of several times the earliest is the
/// first in log order.
enum Resends {
  static let answers = "pg_temp.new_answers"
  static let checkouts = "pg_temp.new_checkouts"

  static let creation = """
    CREATE TEMP TABLE IF NOT EXISTS new_answers (LIKE ecommerce.attributions)
      ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE IF NOT EXISTS new_checkouts (LIKE ecommerce.raw_checkouts)
      ON COMMIT DELETE ROWS
    """

  /// Whether the error is the refusal of a second answer to a checkout, in whatever language.
  static func areSuspected(in error: ConnectorError) -> Bool {
    error.message.contains("SQLSTATE 23505") && error.message.contains("attributions_once")
  }

  /// Deletes staged rows whose checkout is stored with another time or by another task; its index
  /// finds them.
  ///
  /// One of the same time and task is no resend that the engine may forget: it is refused again.
  static func deletionOfStored(
    from table: String,
    id: String,
    time: String,
    task: Int32
  ) -> String {
    """
    \(LateRules.lookUp)
    DELETE FROM \(table) AS r
    USING ecommerce.attributions AS a
    WHERE a.user_id = r.user_id AND a.checkout_id = r.\(id)
      AND (a.checkout_timestamp <> r.\(time) OR a.task <> \(task))
    """
  }

  /// Deletes staged rows whose checkout is staged with an earlier time too.
  static func deletionOfStaged(from table: String, id: String, time: String) -> String {
    """
    \(LateRules.hash)
    DELETE FROM \(table) AS r
    USING \(table) AS earlier
    WHERE earlier.user_id = r.user_id AND earlier.\(id) = r.\(id) AND earlier.\(time) < r.\(time)
    """
  }
}

extension SinkSession {
  /// Raw rows and answers of an epoch as `copyRawRows` and `copyAnswers` write them, less the
  /// resends.
  ///
  /// - Returns: how many raw checkouts were left out.
  func copyLeavingOutResends(of epoch: PostgresEpoch) throws(ConnectorError) -> Int64 {
    try connection.execute(Resends.creation)
    try connection.copy(epoch.clicks, into: ClickRecord.table, columns: ClickRecord.columns)

    try connection.copy(epoch.newAnswers, into: Resends.answers, columns: AnswerRow.columns)
    try deleteResends(from: Resends.answers, id: "checkout_id", time: "checkout_timestamp")
    try move(Resends.answers, into: "ecommerce.attributions", columns: AnswerRow.columns)

    let count = try copyCheckoutsLeavingOutResends(of: epoch)
    if try stageRevisions(of: epoch) {
      // An upsert may not meet a row twice, not even to leave it alone.
      try connection.execute(
        Resends.deletionOfStored(
          from: StagingTables.revisions,
          id: "checkout_id",
          time: "checkout_timestamp",
          task: task
        )
      )
      try connection.execute(StagingTables.restatement(from: StagingTables.revisions))
    }
    return count
  }

  /// As above, of an epoch whose checkouts may be answered later.
  ///
  /// - Returns: how many raw checkouts were left out.
  func copyAllButResends(
    of epoch: PostgresEpoch,
    _ settled: borrowing SettledLate
  ) throws(ConnectorError) -> Int64 {
    try copyClicks(of: epoch, settled)
    try copyAnswers(of: epoch, settled)
    try connection.copy(
      settled.checkouts,
      into: CheckoutRecord.table,
      columns: CheckoutRecord.columns
    )
    guard !epoch.checkouts.isEmpty else { return 0 }
    try connection.execute(Resends.creation)
    return try copyCheckoutsLeavingOutResends(of: epoch)
  }

  /// The answers of the epoch are stored already: they may be what recognises a resend.
  private func copyCheckoutsLeavingOutResends(
    of epoch: PostgresEpoch
  ) throws(ConnectorError) -> Int64 {
    try connection.copy(
      epoch.checkouts,
      into: Resends.checkouts,
      columns: CheckoutRecord.columns
    )
    let count = try deleteResends(from: Resends.checkouts, id: "event_id", time: "event_timestamp")
    try move(Resends.checkouts, into: CheckoutRecord.table, columns: CheckoutRecord.columns)
    return count
  }

  @discardableResult
  private func deleteResends(
    from table: String,
    id: String,
    time: String
  ) throws(ConnectorError) -> Int64 {
    let staged = try connection.execute(
      Resends.deletionOfStaged(from: table, id: id, time: time)
    )
    let stored = try connection.execute(
      Resends.deletionOfStored(from: table, id: id, time: time, task: task)
    )
    return Int64(staged.rowCount + stored.rowCount)
  }

  private func move(
    _ table: String,
    into target: String,
    columns: [String]
  ) throws(ConnectorError) {
    let columns = columns.joined(separator: ", ")
    try connection.execute("INSERT INTO \(target) (\(columns)) SELECT \(columns) FROM \(table)")
  }
}
