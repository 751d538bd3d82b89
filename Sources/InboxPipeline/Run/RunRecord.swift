package import Connect
package import PostgresConnect

/// A run as the database remembers it.
package struct RunRecord: Encodable, Sendable {
  package var run: String
  package var inbox: String
  package var status: String
  package var startedAt: String
  package var stoppedAt: String?
  package var isSettled: Bool
  package var validFiles: Int
  package var invalidFiles: Int
  /// Why it failed.
  package var message: String?

  /// The last runs on the database, the newest first.
  package static func last(
    _ limit: Int,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> [RunRecord] {
    try connection.query(
      """
      SELECT run_id, inbox, status, started_at, stopped_at, is_settled,
        COALESCE(jsonb_array_length(result -> 'valid_files'), 0),
        COALESCE(jsonb_array_length(result -> 'invalid_files'), 0),
        result -> 'error' ->> 'message'
      FROM pipeline_runs ORDER BY run_id DESC LIMIT $1::bigint
      """,
      ["\(limit)"]
    ).map { row in
      RunRecord(
        run: row[0] ?? "",
        inbox: row[1] ?? "",
        status: row[2] ?? "",
        startedAt: row[3] ?? "",
        stoppedAt: row[4],
        isSettled: row[5] == "t",
        validFiles: row[6].flatMap { Int($0) } ?? 0,
        invalidFiles: row[7].flatMap { Int($0) } ?? 0,
        message: row[8]
      )
    }
  }
}
