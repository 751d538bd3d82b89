package import Connect
import Foundation
package import PostgresConnect

/// Samples of rejected rows as rows of `rejected_rows`.
package struct RejectedRowsTable {
  /// Rows of one statement: a few megabytes at most.
  private static let rowsPerStatement = 500

  private let connection: PostgresConnection

  /// - Parameter connection: in the transaction that the rows are to be part of.
  package init(on connection: PostgresConnection) { self.connection = connection }

  /// Replaces what the table has of a file of one table.
  ///
  /// - Parameters:
  ///   - rows: the samples.
  ///   - path: the file.
  ///   - table: the table that it was read as.
  ///   - counts: how many rows of the file each reason rejected.
  /// - Throws: when the database fails.
  package func replace(
    _ rows: [RejectedRow],
    of path: String,
    as table: ShopTable,
    counts: [Rejection: Int]
  ) throws(ConnectorError) {
    try connection.execute(
      "DELETE FROM rejected_rows WHERE source_file = $1 AND table_name = $2",
      [path, table.rawValue]
    )
    var rest = rows[...]
    while !rest.isEmpty {
      let lines = rest.prefix(Self.rowsPerStatement).map { row in
        Line(
          source_file: path,
          table_name: table.rawValue,
          reason: row.reason.rawValue,
          byte_offset: row.offset,
          line: row.line,
          row_text: row.text,
          reason_count: counts[row.reason] ?? 0
        )
      }
      rest = rest.dropFirst(Self.rowsPerStatement)
      guard let json = try? JSONEncoder().encode(lines) else { continue }
      try connection.execute(
        """
        INSERT INTO rejected_rows
          (source_file, table_name, reason, byte_offset, line, row_text, reason_count)
        SELECT source_file, table_name, reason, byte_offset, line, row_text, reason_count
        FROM jsonb_populate_recordset(NULL::rejected_rows, $1::jsonb)
        """,
        [String(decoding: json, as: UTF8.self)]
      )
    }
  }

  /// A row of the table, its members named as the columns.
  private struct Line: Encodable {
    var source_file: String
    var table_name: String
    var reason: String
    var byte_offset: Int64
    var line: Int64?
    var row_text: String
    var reason_count: Int
  }
}
