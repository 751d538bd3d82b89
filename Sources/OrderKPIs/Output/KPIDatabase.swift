package import Connect
package import PostgresConnect

/// Writes what a run came to into a database, in one transaction.
package struct KPIDatabase {
  private let connection: PostgresConnection

  /// - Parameter connection: to a database with the schema in it, outside of a transaction.
  package init(on connection: PostgresConnection) { self.connection = connection }

  /// Replaces the days of the figures and the samples of the files that were read.
  ///
  /// - Parameters:
  ///   - result: what is to be written.
  ///   - isStopRequested: asked by another thread too; cancels what waits before the commit, which
  ///     itself is brought to its end.
  /// - Throws: when the database fails, or a file has changed since it was read, and `.stopped` for a
  ///   stop: then nothing is written.
  package func write(
    _ result: ShopKPIs.Result,
    unless isStopRequested: @escaping @Sendable () -> Bool = { false }
  ) throws(ConnectorError) {
    do throws(ConnectorError) {
      try connection.execute("BEGIN")
      try connection.endingStatements(at: isStopRequested) { () throws(ConnectorError) in
        try writeRows(of: result)
      }
      guard !isStopRequested() else { throw Self.stopped }
      let tag = try connection.execute("COMMIT")
      guard tag.text == "COMMIT" else {
        throw ConnectorError(
          .permanent,
          "the database answered \(tag.text) to the commit of the figures: nothing was written"
        )
      }
    } catch {
      if !connection.isLost { _ = try? connection.execute("ROLLBACK") }
      throw error.isOfCanceledStatement && isStopRequested() ? Self.stopped : error
    }
  }

  private func writeRows(of result: ShopKPIs.Result) throws(ConnectorError) {
    try FigureTables(on: connection).write(result.figures)
    let table = RejectedRowsTable(on: connection)
    for report in result.reports {
      try table.replace(
        try RejectedRow.read(report.rejects.samples, of: report.file.file),
        of: report.path,
        as: report.table,
        counts: report.rejects.counts
      )
    }
  }

  private static let stopped = ConnectorError(
    .stopped,
    "the writing of the figures was stopped before its commit"
  )
}
