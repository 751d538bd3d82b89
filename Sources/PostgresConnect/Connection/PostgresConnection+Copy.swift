import CLibPQ
package import Connect

/// Binary COPY into a table: `copyIn`, `send` any number of times, `finishCopy`.
extension PostgresConnection {
  /// Starts a COPY; the statement may stand behind others, as in `BEGIN; COPY ... FROM STDIN ...`.
  package func copyIn(_ sql: String) throws(ConnectorError) {
    let result = QueryResult(PQexec(raw, sql))
    guard result.status == PGRES_COPY_IN else { throw failure(of: result) }
  }

  /// Sends bytes of the COPY, waiting while the server is busy: a slow server slows the caller.
  package func send(_ bytes: UnsafeRawBufferPointer) throws(ConnectorError) {
    var rest = bytes
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Self.pieceByteCount))
      // The cast is free: COPY data is bytes whatever C calls them.
      let start = piece.baseAddress?.assumingMemoryBound(to: CChar.self)
      guard PQputCopyData(raw, start, Int32(piece.count)) == 1 else { throw copyFailure() }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
    }
  }

  /// Sends a few bytes of the COPY.
  package func send(_ bytes: [UInt8]) throws(ConnectorError) {
    let isSent = bytes.withUnsafeBytes {
      PQputCopyData(raw, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count)) == 1
    }
    guard isSent else { throw copyFailure() }
  }

  /// Large enough to make the message header nothing, small enough to stay in the L2 cache.
  private static var pieceByteCount: Int { 256 << 10 }

  /// Ends the COPY.
  ///
  /// - Returns: the number of rows that it wrote.
  @discardableResult
  package func finishCopy() throws(ConnectorError) -> Int {
    guard PQputCopyEnd(raw, nil) == 1 else { throw copyFailure() }
    let result = QueryResult(PQgetResult(raw))
    let isDone = result.status == PGRES_COMMAND_OK
    let error = isDone ? nil : failure(of: result)
    drainResults()
    if let error { throw error }
    return result.commandTag.rowCount
  }

  /// A COPY that stopped half-way: the server has already said why, or the connection is lost.
  private func copyFailure() -> ConnectorError {
    let result = QueryResult(PQgetResult(raw))
    let error = failure(of: result)
    drainResults()
    return error
  }

  /// Reads results until libpq is ready for the next statement; gives up an open COPY.
  private func drainResults() {
    while !isLost {
      let result = QueryResult(PQgetResult(raw))
      if result.isMissing { return }
      if result.status == PGRES_COPY_IN, PQputCopyEnd(raw, "given up") != 1 { return }
    }
  }
}
