import CLibPQ
package import Connect

/// One connection to PostgreSQL through libpq: statements, queries and binary COPY.
///
/// Blocks; used by one thread at a time. The session speaks UTF-8 and UTC, its search path is
/// `ecommerce` alone, and no time-out or isolation level that others have set for the database or
/// the user applies to it. A failed statement leaves the connection usable; a lost connection makes every
/// call throw `.transient`, and a new connection must be made.
package final class PostgresConnection {
  package let address: PostgresAddress
  private let handle: ConnectionHandle
  /// The raw libpq connection.
  var raw: OpaquePointer { handle.pointer }

  package static let oldestServerVersion = 130_000

  /// - Throws: `.transient` where waiting may help (refused, starting up, too many connections),
  ///   `.permanent` for a wrong password, a missing database, an old server or a wrong encoding.
  package convenience init(
    _ address: PostgresAddress,
    applicationName: String = "firstclick",
    lockTimeout: LockTimeout = .none
  ) throws(ConnectorError) {
    try self.init(unset: address, applicationName: applicationName)
    try execute(
      """
      SET search_path = ecommerce;
      SET TimeZone = 'UTC';
      SET DateStyle = 'ISO, YMD';
      SET default_transaction_isolation = 'read committed';
      SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN (
        'statement_timeout', 'transaction_timeout', 'idle_session_timeout',
        'idle_in_transaction_session_timeout'
      );
      SET lock_timeout = '\(lockTimeout.rawValue)'
      """
    )
  }

  /// As above, of a session as the server gives it: nothing is set there.
  init(unset address: PostgresAddress, applicationName: String) throws(ConnectorError) {
    self.address = address
    handle = try ConnectionHandle(address, applicationName: applicationName)
    try checkServer()
  }

  private func checkServer() throws(ConnectorError) {
    let version = Int(PQserverVersion(raw))
    guard version >= Self.oldestServerVersion else {
      throw ConnectorError(
        .permanent,
        "the server at \(address) is PostgreSQL \(version / 10_000): expected 13 or newer",
        hint: "Upgrade the server or name another one."
      )
    }
    let encoding = PQparameterStatus(raw, "server_encoding").map { String(cString: $0) } ?? "?"
    guard encoding == "UTF8" else {
      throw ConnectorError(
        .permanent,
        "the database at \(address) has encoding \(encoding): expected UTF8",
        hint: "Create one by CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."
      )
    }
  }

  /// As the server counts: 150018 is 15.18.
  package var serverVersion: Int { Int(PQserverVersion(raw)) }
  package var isLost: Bool { PQstatus(raw) != CONNECTION_OK }
  /// True outside of transactions, with no statement under way.
  package var isIdle: Bool { PQtransactionStatus(raw) == PQTRANS_IDLE }

  /// Runs a statement, or several separated by semicolons if there are no parameters.
  ///
  /// - Returns: the command tag of the last statement.
  @discardableResult
  package func execute(
    _ sql: String,
    _ parameters: [String?] = []
  ) throws(ConnectorError) -> CommandTag {
    let result = QueryResult(run(sql, parameters))
    guard result.status == PGRES_COMMAND_OK || result.status == PGRES_TUPLES_OK else {
      throw failure(of: result)
    }
    return result.commandTag
  }

  /// Runs a statement and returns its rows as text; NULL is nil.
  ///
  /// For few rows: every value becomes a String.
  package func query(
    _ sql: String,
    _ parameters: [String?] = []
  ) throws(ConnectorError) -> [[String?]] {
    let result = QueryResult(run(sql, parameters))
    guard result.status == PGRES_TUPLES_OK || result.status == PGRES_COMMAND_OK else {
      throw failure(of: result)
    }
    return result.rows
  }

  private func run(_ sql: String, _ parameters: [String?]) -> OpaquePointer? {
    guard !parameters.isEmpty else { return PQexec(raw, sql) }
    return withCStrings(parameters) { values in
      PQexecParams(raw, sql, Int32(parameters.count), nil, values, nil, nil, 0)
    }
  }

  /// The error of a failed result, classified.
  func failure(of result: borrowing QueryResult) -> ConnectorError {
    guard !isLost || result.sqlState != nil else {
      return PostgresFailure.error(
        sqlState: nil,
        message: "lost the connection to PostgreSQL: " + connectionMessage,
        at: address.description
      )
    }
    return PostgresFailure.error(
      sqlState: result.sqlState,
      constraint: result.constraint,
      message: result.message ?? connectionMessage,
      at: address.description
    )
  }

  var connectionMessage: String { String(cString: PQerrorMessage(raw)).trimmedLine }

  /// Sends a statement and closes the connection without reading the answer: a lost acknowledgement.
  package func abandon(after sql: String) throws(ConnectorError) {
    defer { close() }
    guard PQsendQuery(raw, sql) == 1, PQflush(raw) == 0 else {
      throw PostgresFailure.error(
        sqlState: nil,
        message: connectionMessage,
        at: address.description
      )
    }
  }

  /// Closes the connection, which rolls back an open transaction; does nothing the second time.
  package func close() { handle.close() }
}

/// Calls `body` with the values as NUL-terminated strings, valid during the call.
private func withCStrings<Result>(
  _ values: [String?],
  _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
  var bytes: [CChar] = []
  var starts: [Int?] = []
  for value in values {
    starts.append(value == nil ? nil : bytes.count)
    if let value { bytes.append(contentsOf: value.utf8CString) }
  }
  return bytes.withUnsafeBufferPointer { buffer in
    body(starts.map { start in start.flatMap { buffer.baseAddress?.advanced(by: $0) } })
  }
}
