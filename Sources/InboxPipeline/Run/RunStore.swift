import Connect
import Dataflow
import Events
import Foundation
import OrderKPIs
import PostgresConnect

/// The pipeline's own tables, as a run reads and writes them.
struct RunStore {
  let connection: PostgresConnection

  /// A run that the next one has to finish.
  struct OpenRun {
    var run: RunID
    var startedAt: String
    var isCommitted: Bool
    /// As far as it was known at the commit.
    var result: RunResult?
  }

  // MARK: - Runs

  /// Notes that the run is at work.
  func begin(_ result: RunResult, lease: Lease) throws(ConnectorError) {
    try connection.execute(
      """
      INSERT INTO pipeline_runs (run_id, inbox, token, status, started_at, is_settled)
      VALUES ($1, $2, $3::bigint, 'RUNNING', $4::timestamptz, false)
      ON CONFLICT (run_id) DO NOTHING
      """,
      [result.run, result.inbox, "\(lease.token)", result.startDate]
    )
  }

  /// Notes what became of the run, settled or not.
  func note(
    _ result: RunResult,
    isCommitted: Bool,
    isSettled: Bool
  ) throws(ConnectorError) {
    try connection.execute(
      """
      UPDATE pipeline_runs SET
        status = $2,
        stopped_at = $3::timestamptz,
        committed_at =
          CASE WHEN $4::boolean THEN COALESCE(committed_at, clock_timestamp()) ELSE committed_at END,
        is_settled = $5::boolean,
        result = $6::jsonb
      WHERE run_id = $1 AND (committed_at IS NULL OR $4::boolean)
      """,
      [
        result.run, result.status.rawValue, result.stopDate,
        isCommitted ? "true" : "false", isSettled ? "true" : "false", JSONText.text(result),
      ]
    )
  }

  /// Runs of the inbox that are not settled: they died, or could not be archived or reported.
  func openRuns(of inbox: InboxDirectory) throws(ConnectorError) -> [OpenRun] {
    try connection.query(
      """
      SELECT
        run_id,
        to_char(started_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        committed_at IS NOT NULL,
        result
      FROM pipeline_runs
      WHERE NOT is_settled AND inbox = $1 ORDER BY run_id
      """,
      [inbox.root]
    ).map { row in
      OpenRun(
        run: RunID(row[0] ?? ""),
        startedAt: row[1] ?? "",
        isCommitted: row[2] == "t",
        result: row[3].flatMap { try? JSONDecoder().decode(RunResult.self, from: Data($0.utf8)) }
      )
    }
  }

  func isCommitted(_ run: RunID) throws(ConnectorError) -> Bool {
    try connection.query(
      "SELECT FROM pipeline_runs WHERE run_id = $1 AND committed_at IS NOT NULL",
      [run.description]
    ).count == 1
  }

  // MARK: - Files

  /// The processed file of each of the contents; those that none is of are left out.
  func processedFiles(
    of contents: [TableContent]
  ) throws(ConnectorError) -> [TableContent: ProcessedFile] {
    guard !contents.isEmpty else { return [:] }
    let rows = try connection.query(
      """
      SELECT table_name, content_hash, file_name, run_id,
        round(extract(epoch FROM modified_at) * 1000000)::bigint
      FROM processed_files
      WHERE (table_name, content_hash) IN (
        SELECT table_name, content_hash
        FROM jsonb_populate_recordset(NULL::processed_files, $1::jsonb)
      )
      """,
      [
        JSONText.text(
          contents.map { ["table_name": $0.table.rawValue, "content_hash": $0.hash.description] }
        )
      ]
    )
    return rows.reduce(into: [:]) { files, row in
      guard let table = row[0].flatMap(ShopTable.init(rawValue:)), let hash = row[1],
        let name = row[2], let run = row[3], let microseconds = row[4].flatMap({ Int64($0) })
      else { return }
      files[TableContent(table: table, hash: ContentHash(hash))] = ProcessedFile(
        name: name,
        modifiedAt: EventTime(microseconds: microseconds),
        run: run
      )
    }
  }

  /// Name and content of the files that the run processed.
  func files(of run: RunID) throws(ConnectorError) -> [(name: String, hash: ContentHash)] {
    try connection.query(
      "SELECT file_name, content_hash FROM processed_files WHERE run_id = $1",
      [run.description]
    ).compactMap { row in
      guard let name = row[0], let hash = row[1] else { return nil }
      return (name, ContentHash(hash))
    }
  }

  /// Tables that the next batch needs no file of: products once there were some, and, of orders and
  /// items, those that came last without the others.
  func tablesAhead() throws(ConnectorError) -> Set<ShopTable> {
    let rows = try connection.query(
      "SELECT table_name, max(run_id) FROM processed_files GROUP BY table_name"
    )
    let last = rows.reduce(into: [ShopTable: String]()) { runs, row in
      if let table = row[0].flatMap(ShopTable.init(rawValue:)) { runs[table] = row[1] }
    }
    var tables = Set(last.keys).intersection([.products])
    if let orders = last[.orders], let items = last[.orderItems], orders != items {
      tables.insert(RunID(orders) > RunID(items) ? .orders : .orderItems)
    }
    return tables
  }
}
