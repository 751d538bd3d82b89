import Connect

/// The answers that late events touch.
extension LateRules {
  /// Answers the questions of the staged late events.
  func answer(
    _ epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) {
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
  }

  /// Stages answers for `newAnswers` and `replacement`.
  func stage(
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

  /// Answers to the late checkouts, all new.
  static let newAnswers: String = {
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

  /// Replaces stored answers that differ.
  static let replacement = StagingTables.replacement(from: StagingTables.answers) + ";\n"
}
