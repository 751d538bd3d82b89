import Connect

/// What the answers of a task add up to, and what its line says of them.
struct TaskAccount {
  private var task: Int
  /// Rows of the task in `attributions`.
  private(set) var answers: Int
  /// Clicks in the windows of these, as they say.
  private(set) var candidates: Int
  /// Checkouts that have a row, or will have; nil where the task has no line.
  private var checkouts: Int?
  /// False where some of them may wait for their final row.
  private var areAnswered: Bool
  /// Something else than the job has changed the line since the last commit.
  private(set) var isLineChanged: Bool

  /// Of every task that has answers or a line, by one pass over the answers.
  static func all(on connection: PostgresConnection) throws(ConnectorError) -> [TaskAccount] {
    let rows = try connection.query(
      """
      SELECT
        task,
        COALESCE(answers, 0),
        COALESCE(candidates, 0),
        checkouts_stored - checkouts_late_dropped,
        emission = 'early' OR is_flushed,
        NOT (\(ProgressLine.isSealed))
      FROM ecommerce.stream_progress
      FULL JOIN (
        SELECT task, count(*) AS answers, sum(clicks_in_window) AS candidates
        FROM ecommerce.attributions
        GROUP BY task
      ) AS answered USING (task)
      ORDER BY task
      """
    )
    return rows.map { row in
      TaskAccount(
        task: row[0].flatMap { Int($0) } ?? 0,
        answers: row[1].flatMap { Int($0) } ?? 0,
        candidates: row[2].flatMap { Int($0) } ?? 0,
        checkouts: row[3].flatMap { Int($0) },
        areAnswered: row[4] == "t",
        isLineChanged: row[5] == "t"
      )
    }
  }

  /// Nil where everything adds up.
  var fault: VerificationReport.TaskFault? {
    var fault = VerificationReport.TaskFault(
      task: task,
      answers: answers,
      checkouts: checkouts ?? 0,
      isLineChanged: isLineChanged
    )
    let isRight = areAnswered ? answers == fault.checkouts : answers <= fault.checkouts
    fault.isMiscounted = !isRight
    return fault.isMiscounted || fault.isLineChanged ? fault : nil
  }
}
