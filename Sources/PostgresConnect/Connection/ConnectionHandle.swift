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

  /// Connects, in at most `connect_timeout` seconds for each host (10 when neither address nor
  /// service nor environment say).
  ///
  /// Goes through the asynchronous functions because only they let the verbosity be set before the
  /// server's first answer: the SQLSTATE of a refused login is in the verbose text and nowhere else.
  /// They know no time-out, nor the next host when one says nothing: both are seen to here.
  init(_ address: PostgresAddress, applicationName: String) throws(ConnectorError) {
    var hosts: HostList?
    repeat {
      let connection = try Self.start(address, applicationName: applicationName, at: hosts)
      PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
      // From the start: libpq would print what the server notes at the login, each time.
      PQsetNoticeProcessor(connection, { _, _ in }, nil)
      switch Self.finishConnecting(connection) {
      case .connected:
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        self.connection = connection
        return
      case .silent:
        defer { PQfinish(connection) }
        hosts = HostList(of: connection).behind(connection)
        guard hosts != nil else { throw Self.silence(connection, address: address) }
      case .refused:
        defer { PQfinish(connection) }
        throw Self.refusal(connection, address: address)
      }
    } while true
  }

  /// For what neither address nor service nor environment say.
  private static let defaults = [
    ("connect_timeout", "10"),
    // A server that is gone without a word is noticed within half a minute.
    ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
  ].map { (keyword: $0, value: $1) }

  /// Begins to connect, at these of the address's hosts.
  private static func start(
    _ address: PostgresAddress,
    applicationName: String,
    at hosts: HostList?
  ) throws(ConnectorError) -> OpaquePointer {
    let settled = ConnectionOptions.settled(for: address)
    let parameters =
      defaults.filter { settled[$0.keyword] == nil }
      + [
        ("fallback_application_name", applicationName),
        ("dbname", address.connectionString),
        ("client_encoding", "UTF8"),
      ] + (hosts?.options ?? [])
    let connection = ConnectionOptions.start(parameters)
    guard let connection else {
      throw ConnectorError(.transient, "could not connect to \(address): out of memory")
    }
    return connection
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

  private enum Attempt {
    case connected, refused
    /// No answer in time.
    case silent
  }

  private static func finishConnecting(_ connection: OpaquePointer) -> Attempt {
    let timeout = timeout(of: connection)
    var deadline = ContinuousClock.now + timeout
    var host = HostList.current(of: connection)
    var direction = PGRES_POLLING_WRITING
    while PQstatus(connection) != CONNECTION_BAD {
      let isReading = direction == PGRES_POLLING_READING
      var descriptor = pollfd(
        fd: PQsocket(connection),
        events: Int16(isReading ? POLLIN : POLLOUT),
        revents: 0
      )
      let remaining = ContinuousClock.now.duration(to: deadline)
      guard remaining > .zero else { return .silent }
      let ready = poll(&descriptor, 1, Int32(clamping: Int(remaining / .milliseconds(1)) + 1))
      if ready == 0 || (ready < 0 && errno == EINTR) { continue }
      direction = PQconnectPoll(connection)
      if direction == PGRES_POLLING_OK { return .connected }
      if direction == PGRES_POLLING_FAILED { return .refused }
      guard case let next = HostList.current(of: connection), next != host else { continue }
      host = next
      deadline = .now + timeout
    }
    return .refused
  }

  private static func timeout(of connection: OpaquePointer) -> Duration {
    let value = ConnectionOptions.values(of: connection)["connect_timeout"]
    let seconds = value.flatMap { Int($0) } ?? 10
    return .seconds(seconds > 0 ? max(2, seconds) : Int(Int32.max / 1000))
  }

  private static let accessHint = "Check that PostgreSQL runs there and accepts connections."

  /// That nothing came in time; libpq has no words for it.
  private static func silence(
    _ connection: OpaquePointer,
    address: PostgresAddress
  ) -> ConnectorError {
    let host = HostList.current(of: connection).joined(separator: " port ")
    let seconds = timeout(of: connection).components.seconds
    return ConnectorError(
      .transient,
      "could not connect to \(address): no answer from \(host) within \(seconds) s",
      hint: accessHint
    )
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
      return ConnectorError(
        isSetting ? .permanent : .transient,
        "could not connect to \(address): \(text.trimmedLine)",
        hint: isSetting ? nil : accessHint
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
  /// So are not those about a server that goes away during or after the TLS handshake.
  static func isSetting(_ text: String) -> Bool {
    let departures = ["SSL SYSCALL error", "closed unexpectedly", "unexpected eof"]
    guard !departures.contains(where: { text.contains($0) }) else { return false }
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
