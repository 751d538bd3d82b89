package import Connect

/// Reads where every task stands.
///
/// Costs milliseconds at any size of the database.
package struct StatusQuery {
  let connection: PostgresConnection

  package init(on connection: PostgresConnection) { self.connection = connection }

  /// One entry a task, by number; empty before a worker has taken one.
  package func tasks() throws(ConnectorError) -> [TaskStatus] {
    let rows = try connection.query(
      """
      SELECT
        task, source, owner, \(SinkSession.isHeld), generation, epoch,
        committed_at, extract(epoch FROM clock_timestamp() - committed_at),
        gap_count, gap_records,
        stopped_at, extract(epoch FROM clock_timestamp() - stopped_at), stop_reason,
        \(ProgressLine.selection)
      FROM ecommerce.stream_progress
      LEFT JOIN LATERAL (
        SELECT \(GapCount.selection)
        FROM ecommerce.log_gaps AS g
        WHERE g.task = stream_progress.task
      ) AS gaps ON true
      ORDER BY task
      """
    )
    return rows.map { TaskStatus(Row(values: $0[...])) }
  }
}

/// The values of a row, taken from left to right.
private struct Row {
  var values: ArraySlice<String?>

  mutating func optionalText() -> String? { values.popFirst() ?? nil }
  mutating func text() -> String { optionalText() ?? "" }
  mutating func number() -> Int64 { Int64(text()) ?? 0 }
  mutating func seconds() -> Double { Double(text()) ?? 0 }
}

extension TaskStatus {
  /// Of the columns that `StatusQuery.tasks` selects, in their order.
  fileprivate init(_ row: Row) {
    var row = row
    task = Int(row.number())
    source = row.text()
    owner = row.text()
    isHeld = row.text() == "t"
    generation = row.number()
    epoch = row.number()
    let commit = Commit(committedAt: row.text(), secondsSince: row.seconds())
    // The takeover that makes the line writes a time too.
    lastCommit = epoch > 0 ? commit : nil
    gaps = GapCount(gaps: Int(row.number()), records: row.optionalText().flatMap { Int($0) })
    let (stoppedAt, secondsSince, reason) = (row.optionalText(), row.seconds(), row.text())
    stop = stoppedAt.map { Stop(stoppedAt: $0, secondsSince: secondsSince, reason: reason) }
    progress = ProgressLine.progress(from: row.values)
  }
}
