import Connect
import Dataflow
import Events
import FileInput
import OrderKPIs
import PostgresConnect

extension PipelineRun {
  /// Notes files, rejected rows and the run, and commits them with the rows, if the lease is still
  /// this run's.
  func commit() throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      let connection = try self.connection()
      let items = batch.files.filter { $0.file.table == .orderItems }
      if !items.isEmpty {
        note(.unknownOrder, in: items, try connection.query(StagingStatements.unknownOrders))
      }
      result.stagedRows = batch.files.reduce(into: [:]) { counts, file in
        counts[file.file.table.rawValue, default: 0] +=
          stagedTallies[file.file.name]?.stagedCount ?? 0
      }
      result.rejectedRows = stagedTallies.values.reduce(into: [:]) { counts, tally in
        for (reason, count) in tally.rejectCounts { counts[reason.rawValue, default: 0] += count }
      }
      try noteProcessedFiles(on: connection)
      for file in batch.files { try noteRejectedRows(of: file, on: connection) }
      result.status = batch.status
      result.stopDate = now.iso8601
      try store().note(result, isCommitted: true, isSettled: false)
      try lease.fence(on: connection)
      pass(.beforeCommit)
      try end(connection)
    }
    pass(.afterCommit)
  }

  /// Writes samples of what cleaning rejected, under the path that the file will have.
  private func noteRejectedRows(
    of file: TakenFile,
    on connection: PostgresConnection
  ) throws(ConnectorError) {
    guard let tally = stagedTallies[file.file.name], !tally.rejectCounts.isEmpty else { return }
    // The samples of a file that was replaced by now are lost, its rows are not.
    guard file.file.isUnchanged, let input = try? InputFile.find([file.file.path]).first,
      let rows = try? RejectedRow.read(tally.samples, of: input)
    else {
      warn("found no samples of rejected rows", ["file": file.file.name])
      return
    }
    try RejectedRowsTable(on: connection).replace(
      rows,
      of: "archive/\(id)/\(file.file.name)",
      as: file.file.table,
      counts: tally.rejectCounts
    )
  }

  /// Of copies, and of content that was processed before, the newest file is noted.
  private func noteProcessedFiles(on connection: PostgresConnection) throws(ConnectorError) {
    let newest = Dictionary(batch.files.map { ($0.content, $0) }) { _, newer in newer }
    let lines = newest.values.map { file in
      let tally = stagedTallies[file.file.name]
      return ProcessedFileLine(
        content_hash: file.hash.description,
        file_name: file.file.name,
        table_name: file.file.table.rawValue,
        byte_count: file.file.stamp.byteCount,
        modified_at: file.file.modifiedAt.iso8601,
        row_count: tally?.stagedCount ?? 0,
        rejected_count: tally?.rejectCounts.values.reduce(0, +) ?? 0,
        run_id: id.description
      )
    }
    try connection.execute(
      """
      INSERT INTO processed_files
      SELECT * FROM jsonb_populate_recordset(NULL::processed_files, $1::jsonb)
      ON CONFLICT (table_name, content_hash) DO UPDATE SET
        file_name = excluded.file_name,
        modified_at = excluded.modified_at,
        row_count = excluded.row_count,
        rejected_count = excluded.rejected_count,
        run_id = excluded.run_id
      """,
      [JSONText.text(lines)]
    )
  }

  /// Commits; when the answer was lost, asks whether it did.
  private func end(_ connection: PostgresConnection) throws(ConnectorError) {
    do throws(ConnectorError) {
      if let fault, fault.strikes(at: .lostCommitAck) {
        forgetConnection()
        try connection.abandon(after: "COMMIT")
        throw ConnectorError(.transient, "lost the connection during COMMIT")
      }
      let tag = try connection.execute("COMMIT")
      guard tag.text == "COMMIT" else {
        throw ConnectorError(.permanent, "the commit answered \(tag.text)")
      }
    } catch {
      guard isConnectionLost, try isCommittedAfterAll(error) else { throw error }
    }
  }

  /// Asks until the database answers, for ten seconds at most.
  private func isCommittedAfterAll(_ lost: ConnectorError) throws(ConnectorError) -> Bool {
    for _ in 0..<20 {
      do throws(ConnectorError) {
        let store = try store()
        // The lost transaction has the lease's row until it ends, one way or the other.
        try lease.fence(on: store.connection)
        return try store.isCommitted(id)
      } catch {
        guard error.kind == .transient else { throw error }
        _ = control.waitToRetry(.milliseconds(500))
      }
    }
    throw ConnectorError(
      .permanent,
      "could not learn whether the run was committed: \(lost.message)",
      hint: "The next run finds out, and brings it to its end."
    )
  }
}

/// A line of `processed_files`.
private struct ProcessedFileLine: Encodable {
  var content_hash: String
  var file_name: String
  var table_name: String
  var byte_count: Int64
  var modified_at: String
  var row_count: Int
  var rejected_count: Int
  var run_id: String
}
