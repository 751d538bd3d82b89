import CLibPQ

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
}
