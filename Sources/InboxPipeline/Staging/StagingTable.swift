import Connect
import OrderKPIs
import PostgresConnect

/// How one table of a shop is staged: the type of its rows, behind values.
struct StagingTable: Sendable {
  let name: String
  let key: String
  let columns: [String]
  /// Reads a file and tells what its rows come to; throws what `FileRows.read` throws.
  let tally: @Sendable (_ file: InboxFile, _ badRowLimit: Int) throws -> FileTally
  /// Copies the clean rows of a file into a table of `columns`, `file` and `row_offset`.
  let copy:
    @Sendable (
      _ file: InboxFile, _ ordinal: Int, _ table: String, _ connection: PostgresConnection
    ) throws -> FileTally

  private static let sendByteCount = 256 << 10

  init<Row: StagedRow & SendableMetatype>(_ row: Row.Type) {
    name = "staging_\(Row.table.rawValue)"
    key = Row.key
    columns = Row.columns
    tally = { file, limit in try FileRows.read(file, as: Row.self, badRowLimit: limit) }
    copy = { file, ordinal, table, connection in
      let names = (Row.columns + ["file", "row_offset"]).joined(separator: ", ")
      try connection.copyIn("COPY \(table) (\(names)) FROM STDIN")
      var text = CopyText()
      // Whether it has too many rows that are none was settled when it was validated.
      let tally = try FileRows.read(file, as: Row.self, badRowLimit: .max) { rows, offsets in
        for (row, offset) in zip(rows, offsets) {
          row.write(to: &text)
          text.append(ordinal)
          text.append(offset)
          text.endRow()
          guard text.bytes.count >= Self.sendByteCount else { continue }
          try connection.send(text.bytes)
          text.removeAll()
        }
      }
      try connection.send(text.bytes)
      try connection.finishCopy()
      return tally
    }
  }
}

extension ShopTable {
  var staging: StagingTable {
    switch self {
    case .products: StagingTable(StagedProduct.self)
    case .orders: StagingTable(StagedOrder.self)
    case .orderItems: StagingTable(StagedOrderItem.self)
    }
  }
}
