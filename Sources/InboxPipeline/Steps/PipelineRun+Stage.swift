import Connect
import Dataflow
import Events
import OrderKPIs
import PostgresConnect

extension PipelineRun {
  /// Begins the transaction, and brings the clean rows of the batch into the staging tables.
  func stage() throws(StepFailure) {
    leaveChangedFiles()
    guard batch.hasRowsToStage else { return }
    stagedTallies = [:]
    let connection = try blamingNobody { () throws(ConnectorError) in
      let connection = try self.connection()
      // A batch of a usual size is sorted in memory.
      try connection.execute("BEGIN; SET LOCAL work_mem = '128MB'")
      try connection.execute("CREATE TEMPORARY TABLE touched_days (day date) ON COMMIT DROP")
      try noteFiles(on: connection)
      return connection
    }
    for table in ShopTable.allCases {
      let files = batch.files.filter { $0.file.table == table }
      guard !files.isEmpty else { continue }
      try stage(files, of: table, on: connection)
    }
    pass(.staged)
  }

  /// A file that changed since it was validated waits for the next run.
  private func leaveChangedFiles() {
    let changed = batch.files.filter { !$0.file.isUnchanged }.map(\.file.name)
    guard !changed.isEmpty else { return }
    batch.files.removeAll { changed.contains($0.file.name) }
    result.validFiles.removeAll { changed.contains($0) }
    noteWaiting(changed)
  }

  /// Makes `batch_files`: what the merge and the run's records need to know of each file.
  private func noteFiles(on connection: PostgresConnection) throws(ConnectorError) {
    let files = ShopTable.allCases.flatMap { table in
      batch.files.filter { $0.file.table == table }.enumerated().map { ordinal, file in
        BatchFileLine(
          file: ordinal,
          table_name: table.rawValue,
          name: file.file.name,
          modified_at: file.file.modifiedAt.iso8601
        )
      }
    }
    try connection.execute(
      """
      CREATE TEMPORARY TABLE batch_files
        (file integer, table_name text, name text, modified_at timestamptz) ON COMMIT DROP
      """
    )
    try connection.execute(
      "INSERT INTO batch_files SELECT * FROM jsonb_populate_recordset(NULL::batch_files, $1::jsonb)",
      [JSONText.text(files)]
    )
  }

  private func stage(
    _ files: [TakenFile],
    of table: ShopTable,
    on connection: PostgresConnection
  ) throws(StepFailure) {
    let statements = StagingStatements(table)
    try blamingNobody { () throws(ConnectorError) in
      try connection.execute(statements.makeIncoming)
    }
    for (ordinal, file) in files.enumerated() {
      try copy(file, ordinal, into: statements.incoming, on: connection)
    }
    pass(.copied)
    try blamingNobody { () throws(ConnectorError) in
      try connection.execute(statements.rank)
      note(.duplicateID, in: files, try connection.query(statements.repeated))
      try connection.execute(statements.touchedBefore)
    }
    try merge(files, by: statements, on: connection)
    try blamingNobody { () throws(ConnectorError) in
      try connection.execute(statements.touchedAfter)
    }
  }

  /// Adds rejected rows that a query found: file, offset, number of all in the file.
  func note(_ reason: Rejection, in files: [TakenFile], _ rows: [[String?]]) {
    for row in rows {
      let numbers = row.compactMap { $0.flatMap { Int64($0) } }
      guard numbers.count == 3 else { continue }
      let name = files[Int(numbers[0])].file.name
      var noted =
        stagedTallies[name]?.laterRejects[reason]
        ?? FileTally.LaterRejects(count: Int(numbers[2]), places: [])
      noted.places.append(numbers[1])
      stagedTallies[name]?.laterRejects[reason] = noted
    }
  }

  private func copy(
    _ file: TakenFile,
    _ ordinal: Int,
    into table: String,
    on connection: PostgresConnection
  ) throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in try heartbeat.check() }
    if control.isStopRequested { throw StepFailure(Self.stopped) }
    do {
      let staging = file.file.table.staging
      let tally = try staging.copy(file.file, ordinal, table, connection)
      stagedTallies[file.file.name] = tally
      progress.fileDone()
    } catch let error as ConnectorError {
      throw StepFailure(error, blaming: error.isAboutRows ? file : nil)
    } catch {
      // It fitted when it was validated: it is being changed.
      throw StepFailure(
        ConnectorError(.transient, "\(file.file.path) changed while it was read: \(error)")
      )
    }
  }

  /// Writes the ranked rows; when they cannot be written, finds out whose they are.
  private func merge(
    _ files: [TakenFile],
    by statements: StagingStatements,
    on connection: PostgresConnection
  ) throws(StepFailure) {
    try blamingNobody { () throws(ConnectorError) in
      _ = try connection.execute("SAVEPOINT merge")
    }
    do throws(ConnectorError) {
      try connection.execute(statements.upsert())
    } catch {
      guard error.isAboutRows else { throw StepFailure(error) }
      for (ordinal, file) in files.enumerated() {
        do throws(ConnectorError) {
          try connection.execute("ROLLBACK TO SAVEPOINT merge")
          try connection.execute(statements.upsert(only: ordinal))
        } catch {
          throw StepFailure(error, blaming: error.isAboutRows ? file : nil)
        }
      }
      throw StepFailure(error)
    }
  }
}

/// A line of `batch_files`.
private struct BatchFileLine: Encodable {
  var file: Int
  var table_name: String
  var name: String
  var modified_at: String
}

extension ConnectorError {
  /// Whether the server refused values, not the statement or the moment: data exceptions, integrity
  /// constraints, what triggers raise (SQLSTATE classes 22, 23 and P0), and what exceeds its limits.
  fileprivate var isAboutRows: Bool {
    ["22", "23", "P0", "54000"].contains { message.contains("(SQLSTATE \($0)") }
  }
}
