import Connect

extension PostgresConnection {
  /// Copies rows into a table in one COPY; does nothing without rows.
  func copy(
    _ rows: borrowing CopyBuffer,
    and more: borrowing CopyBuffer = CopyBuffer(),
    into table: String,
    columns: [String]
  ) throws(ConnectorError) {
    guard !rows.isEmpty || !more.isEmpty else { return }
    let list = columns.joined(separator: ", ")
    try copyIn("COPY \(table) (\(list)) FROM STDIN (FORMAT binary)")
    try send(CopyFormat.header)
    try send(rows.bytes)
    try send(more.bytes)
    try send(CopyFormat.trailer)
    try finishCopy()
  }
}

/// What stands around the rows of a binary COPY.
private enum CopyFormat {
  /// Signature `PGCOPY\n\377\r\n\0`, no flags, no header extension.
  static let header: [UInt8] =
    [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
    + [UInt8](
      repeating: 0,
      count: 8
    )
  /// A field count of -1.
  static let trailer: [UInt8] = [0xFF, 0xFF]
}
