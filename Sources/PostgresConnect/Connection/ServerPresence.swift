import CLibPQ
package import Connect

/// What a server says to those who knock, found out without a session.
enum ServerPresence {
  case accepting
  /// It starts up, recovers from a crash or shuts down.
  case rejecting
  case absent
}

extension PostgresAddress {
  /// Asks the server; needs neither a right user nor a database, nor a free connection.
  var presence: ServerPresence {
    switch PQping(connectionString) {
    case PQPING_OK: .accepting
    case PQPING_REJECT: .rejecting
    default: .absent
    }
  }

  /// Connects and asks nothing, to tell a server that is not there from one that goes away later.
  ///
  /// A server that answers that it starts up or has no connection left is there.
  ///
  /// - Throws: `.transient` when nobody answers, `.permanent` when waiting does not help.
  package func requireServer() throws(ConnectorError) {
    do throws(ConnectorError) {
      try PostgresConnection(unset: self, applicationName: "firstclick contact").close()
    } catch {
      guard error.kind == .transient, error.message.contains("SQLSTATE") else { throw error }
    }
  }
}
