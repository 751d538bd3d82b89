package import Attribution
package import Connect
import Dataflow
import Events

/// Writes a bounded input into a database, whole or not at all: one transaction.
///
/// ```
/// begin     BEGIN, line of task 0: made; or there with the same source: stored already
/// send      COPY of raw rows, answers, dead letters, any number of times
/// commit    line: counts, flushed; COMMIT
/// ```
/// A database belongs to one log, or to one set of files: rows of two would have to be answered
/// together. Used by one thread at a time.
package final class PostgresLoad {
  private let address: PostgresAddress
  private let source: String
  private let rule: AttributionRule
  private let session: SinkSession
  private var connection: PostgresConnection { session.connection }
  private var generation: Int64 = 0
  private var epoch: Int64 = 0
  private var greatestEventTime = EventTime.beginning

  /// Connects.
  ///
  /// - Parameters:
  ///   - address: of a database with the schema.
  ///   - source: names the input; the same for the same files in the same state.
  ///   - rule: that the answers were given by.
  /// - Throws: when the database cannot be reached.
  package init(
    _ address: PostgresAddress,
    source: String,
    rule: AttributionRule
  ) throws(ConnectorError) {
    self.address = address
    self.source = source
    self.rule = rule
    session = try SinkSession(address, task: LoadRows.task)
    // Reading may take long before the first rows are sent.
    try session.connection.execute("SET idle_in_transaction_session_timeout = 0")
  }

  /// Rows to fill; to be sent any number of times.
  package func makeRows() -> LoadRows { LoadRows() }

  /// Starts the transaction; false when the same input is stored already, and nothing is to be done.
  ///
  /// - Throws: `.permanent` for a database that holds another input.
  package func begin() throws(ConnectorError) -> Bool {
    try connection.execute("BEGIN")
    let others = try connection.query(
      """
      SELECT source, window_seconds FROM ecommerce.stream_progress
      WHERE source <> $1 OR window_seconds <> $2 ORDER BY task LIMIT 1
      """,
      [source, rule.window.wholeSeconds]
    )
    if let other = others.first { throw refusal(other) }
    let row = try connection.query(
      ProgressLine.takeOver,
      [
        String(LoadRows.task), source, WorkerIdentity.hostAndProcess, rule.window.wholeSeconds,
        rule.emission.rawValue, rule.latePolicy.rawValue,
      ]
    ).first
    guard let row else { throw refusal(nil) }
    let line = StoredLine(row)
    (generation, epoch) = (line.generation, line.epoch)
    guard !line.progress.isFlushed else {
      try rollBack()
      return false
    }
    return true
  }

  /// Makes the partitions that the rows need, and sends them.
  ///
  /// The transaction makes the partitions itself, and so keeps its turn at that to its end: it would
  /// not be sure to see those that another connection made once it has written to the tables. Nobody
  /// waits for the turn for long: a job that is started on the same database takes task 0 over, which
  /// ends the load.
  package func send(_ rows: LoadRows) throws(ConnectorError) {
    try session.makePartitions(for: rows.days)
    try connection.copy(rows.clicks, into: ClickRecord.table, columns: ClickRecord.columns)
    try connection.copy(
      rows.checkouts,
      into: CheckoutRecord.table,
      columns: CheckoutRecord.columns
    )
    try connection.copy(rows.answers, into: AnswerRow.table, columns: AnswerRow.columns)
    try connection.copy(
      rows.deadLetters,
      into: DeadLetterRow.table,
      columns: DeadLetterRow.columns
    )
    greatestEventTime = max(greatestEventTime, rows.greatestEventTime)
  }

  /// Writes the line and commits.
  ///
  /// - Parameter progress: its counts; the rest is what the end of an input makes it.
  /// - Throws: where the commit's answer is lost, the message says that the rows may be there.
  package func commit(_ progress: TaskProgress) throws(ConnectorError) {
    var progress = progress
    progress.emission = rule.emission
    progress.isFlushed = true
    progress.watermark = greatestEventTime - rule.watermarkDelay
    progress.clicks.watermark = progress.watermark
    progress.checkouts.watermark = progress.watermark
    try connection.execute(
      ProgressLine.advance,
      [
        String(LoadRows.task), String(generation), String(epoch),
        greatestEventTime.postgresText,
      ] + ProgressLine.values(progress)
    )
    let tag = try connection.execute("COMMIT")
    guard tag.text == "COMMIT" else {
      throw ConnectorError(.permanent, "COMMIT answered \(tag.text) at \(address)")
    }
  }

  /// Takes everything back.
  package func rollBack() throws(ConnectorError) { try connection.execute("ROLLBACK") }

  /// Ends the connection, and a transaction under way with it.
  package func close() { connection.close() }

  private func refusal(_ row: [String?]?) -> ConnectorError {
    let stored = row?.first.flatMap(\.self) ?? "another input"
    if stored == source {
      let window = row?.last.flatMap(\.self) ?? "?"
      return .otherWindow(at: address, of: window, expected: rule.window)
    }
    return ConnectorError(
      .permanent,
      "the database at \(address) holds the events of \(stored): expected \(source) or none",
      hint:
        "Name another database for these files; both together are answered by one run over both."
    )
  }
}
