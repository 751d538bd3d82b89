package import Connect

/// Tells a pooler that hands the server's sessions from client to client, as pgbouncer does in
/// transaction mode.
///
/// Settings, advisory locks and temporary tables of a session would be other programs' then.
///
///     session mode, no pooler    one: A    two: B    two: B    one: A
///     transaction mode           one: A    two: A                      the session used last
///                                one: A    two: B    two: C            each in turn
enum SessionCheck {
  /// Whether two connections that were asked in the order one, two, two, one had sessions of their
  /// own.
  static func areOwn(_ sessions: [String]) -> Bool {
    sessions[0] == sessions[3] && sessions[1] == sessions[2] && sessions[0] != sessions[1]
  }

  /// The server's process, and when it began: numbers come again.
  fileprivate static let identity = """
    SELECT concat_ws(
      ' ',
      pg_backend_pid(),
      (SELECT extract(epoch FROM backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid())
    )
    """
}

extension PostgresAddress {
  /// Connects twice, and sets nothing.
  ///
  /// - Throws: `.permanent` where connections have no sessions of their own, beside what connecting
  ///   throws.
  package func requireSessions() throws(ConnectorError) {
    let one = try PostgresConnection(unset: self, applicationName: "firstclick contact")
    defer { one.close() }
    let two = try PostgresConnection(unset: self, applicationName: "firstclick contact")
    defer { two.close() }
    var sessions: [String] = []
    for connection in [one, two, two, one] {
      let rows = try connection.query(SessionCheck.identity)
      sessions.append(rows.first?.first.flatMap(\.self) ?? "")
    }
    guard !SessionCheck.areOwn(sessions) else { return }
    throw ConnectorError(
      .permanent,
      "found a pooler at \(self) that shares the server's sessions between its clients: expected a "
        + "session for each connection",
      hint: "Name the server itself, or a pool in session mode (pgbouncer: pool_mode = session)."
    )
  }
}
