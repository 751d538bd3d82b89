import CLibPQ

/// Owns a libpq result and reads it.
struct QueryResult: ~Copyable {
  /// Nil when libpq was out of memory or could not send: then the connection's message tells.
  private let result: OpaquePointer?

  init(_ result: OpaquePointer?) { self.result = result }

  deinit { PQclear(result) }

  var isMissing: Bool { result == nil }
  var status: ExecStatusType { PQresultStatus(result) }
  /// PG_DIAG_SQLSTATE, a character macro that Swift does not import.
  var sqlState: String? { field("C") }
  /// PG_DIAG_MESSAGE_PRIMARY, likewise.
  var message: String? { field("M") }

  /// PG_DIAG_CONSTRAINT_NAME, likewise: the constraint that was violated, if it was one.
  var constraint: String? { field("n") }

  private func field(_ code: Unicode.Scalar) -> String? {
    PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
  }

  var commandTag: CommandTag { CommandTag(text: String(cString: PQcmdStatus(result))) }

  var rows: [[String?]] {
    let columns = 0..<PQnfields(result)
    return (0..<PQntuples(result)).map { row in
      columns.map { column in
        PQgetisnull(result, row, column) == 1
          ? nil : PQgetvalue(result, row, column).map { String(cString: $0) }
      }
    }
  }
}

/// What the server says a statement did: `UPDATE 1`, `COMMIT`, `COPY 5000`.
package struct CommandTag: Hashable, Sendable {
  package let text: String

  /// Rows written or returned; 0 where the tag has none.
  package var rowCount: Int { text.split(separator: " ").last.flatMap { Int($0) } ?? 0 }
}
