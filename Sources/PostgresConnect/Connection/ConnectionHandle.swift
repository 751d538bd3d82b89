import CLibPQ
import Connect

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Owns a libpq connection: makes it, and frees it at the end.
final class ConnectionHandle {
  private var connection: OpaquePointer?

  /// Connects, in at most `connect_timeout` seconds (10 when neither address nor environment say).
  ///
  /// Goes through the asynchronous functions because only they let the verbosity be set before the
  /// server's first answer: the SQLSTATE of a refused login is in the verbose text and nowhere else.
  init(_ address: PostgresAddress, applicationName: String) throws(ConnectorError) {
    let parameters = [
      ("connect_timeout", getenv("PGCONNECT_TIMEOUT") == nil ? "10" : nil),
      // A server that is gone without a word is noticed within half a minute.
      ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "30000"),
      ("fallback_application_name", applicationName),
      ("dbname", address.connectionString),
      ("client_encoding", "UTF8"),
    ]
    let keywords = parameters.map { strdup($0.0) }
    let values = parameters.map { $0.1.flatMap { strdup($0) } }
    defer { (keywords + values).forEach { free($0) } }
    connection = PQconnectStartParams(
      keywords.map { UnsafePointer($0) } + [nil],
      values.map { UnsafePointer($0) } + [nil],
      1
    )
    guard let connection else {
      throw ConnectorError(.transient, "could not connect to \(address): out of memory")
    }
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
    guard Self.finishConnecting(connection) else {
      let error = Self.refusal(connection, address: address)
      close()
      throw error
    }
    PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
    PQsetNoticeProcessor(connection, { _, _ in }, nil)
  }

  deinit { close() }

  /// - Precondition: not closed.
  var pointer: OpaquePointer {
    guard let connection else { preconditionFailure("a closed connection was used") }
    return connection
  }

  func close() {
    PQfinish(connection)
    connection = nil
  }

  private static func finishConnecting(_ connection: OpaquePointer) -> Bool {
    let deadline = time(nil) + timeoutSeconds(of: connection)
    var direction = PGRES_POLLING_WRITING
    while PQstatus(connection) != CONNECTION_BAD {
      let isReading = direction == PGRES_POLLING_READING
      var descriptor = pollfd(
        fd: PQsocket(connection),
        events: Int16(isReading ? POLLIN : POLLOUT),
        revents: 0
      )
      let remaining = deadline - time(nil)
      guard remaining > 0 else { return false }
      let ready = poll(&descriptor, 1, Int32(clamping: remaining * 1000))
      if ready == 0 || (ready < 0 && errno == EINTR) { continue }
      direction = PQconnectPoll(connection)
      if direction == PGRES_POLLING_OK { return true }
      if direction == PGRES_POLLING_FAILED { return false }
    }
    return false
  }

  private static func timeoutSeconds(of connection: OpaquePointer) -> Int {
    guard let options = PQconninfo(connection) else { return 10 }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if strcmp(keyword, "connect_timeout") == 0, let value = option.pointee.val {
        let seconds = Int(String(cString: value)) ?? 10
        return seconds > 0 ? max(2, seconds) : Int(Int32.max / 1000)
      }
      option += 1
    }
    return 10
  }

  /// Why the connection was not made.
  ///
  /// libpq says `connection to server ... failed: FATAL:  28P01: text`.
  private static func refusal(
    _ connection: OpaquePointer,
    address: PostgresAddress
  ) -> ConnectorError {
    let text = String(cString: PQerrorMessage(connection))
    if PQconnectionNeedsPassword(connection) == 1 {
      return ConnectorError(
        .permanent,
        "the server at \(address) asks for a password and none was given",
        hint: "Set PGPASSWORD or write ~/.pgpass."
      )
    }
    guard let (sqlState, message) = serverRefusal(in: text) else {
      let isSetting = isSetting(text)
      let reason = text.isEmpty ? "no answer in time" : text.trimmedLine
      return ConnectorError(
        isSetting ? .permanent : .transient,
        "could not connect to \(address): \(reason)",
        hint: isSetting ? nil : "Check that PostgreSQL runs there and accepts connections."
      )
    }
    return PostgresFailure.error(
      sqlState: sqlState,
      message: "could not connect: " + message,
      at: address.description
    )
  }

  /// True when libpq's message says what another try does not change, such as a certificate.
  ///
  /// A server that goes away during the TLS handshake is an "SSL SYSCALL error" to libpq.
  private static func isSetting(_ text: String) -> Bool {
    guard !text.contains("SSL SYSCALL error") else { return false }
    return text.contains("SSL") || text.contains("GSS") || text.contains("invalid ")
  }

  /// SQLSTATE and text of the server's answer in libpq's verbose message, which libpq puts behind
  /// the severity: `FATAL:  28P01: password authentication failed`.
  private static func serverRefusal(in text: String) -> (sqlState: String, message: String)? {
    for line in text.split(separator: "\n").reversed() {
      var rest = line[...]
      while let colon = rest.firstRange(of: ": ") {
        rest = rest[colon.upperBound...].drop { $0 == " " }
        if isSQLState(rest.prefix(5)), rest.dropFirst(5).hasPrefix(": ") {
          return (String(rest.prefix(5)), String(rest.dropFirst(7)))
        }
      }
    }
    return nil
  }

  /// Five digits and capitals, a digit among them: so FATAL, ERROR and PANIC are none.
  private static func isSQLState(_ text: Substring) -> Bool {
    text.utf8.count == 5 && text.utf8.contains { (48...57).contains($0) }
      && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
  }
}
