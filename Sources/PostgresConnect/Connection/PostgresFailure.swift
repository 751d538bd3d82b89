package import Connect

/// Makes a `ConnectorError` of what PostgreSQL or libpq reported.
///
/// | SQLSTATE | kind |
/// |---|---|
/// | none (connection lost), 08*, 57P01-03, 57P05, 25P03-04, 40001, 40P01, 53300, 55P03 | `.transient` |
/// | 23514 without a constraint: no partition for a row | `.transient` |
/// | all others | `.permanent`, with a hint for the usual ones |
package enum PostgresFailure {
  /// The error for a SQLSTATE, or for nil when libpq itself gave up: then the connection is lost.
  ///
  /// `message` is the server's primary message; it may quote names, never rows. A row may miss a
  /// partition that another session has just made: its commit is seen a moment before the server's
  /// process drops what it knew of the table.
  package static func error(
    sqlState: String?,
    constraint: String? = nil,
    message: String,
    at place: String
  ) -> ConnectorError {
    guard let sqlState else {
      return ConnectorError(.transient, "\(message.trimmedLine) (\(place))")
    }
    let lacksPartition = sqlState == "23514" && constraint == nil
    return ConnectorError(
      isTransient(sqlState) || lacksPartition ? .transient : .permanent,
      "\(message.trimmedLine) (SQLSTATE \(sqlState), \(place))",
      hint: hint(sqlState)
    )
  }

  package static func isTransient(_ sqlState: String) -> Bool {
    switch sqlState {
    case "57P01", "57P02", "57P03",  // shut down, crashed, starting up
      "57P05", "25P03", "25P04",  // idle for too long, in a transaction or not, or too long in one
      "40001", "40P01", "55P03",  // serialization, deadlock, lock not available
      "53300":  // too many connections
      true
    default: sqlState.hasPrefix("08")
    }
  }

  private static func hint(_ sqlState: String) -> String? {
    switch sqlState {
    case "28P01": "Check the password in PGPASSWORD or ~/.pgpass."
    case "28000": "Check the user and the server's pg_hba.conf."
    case "3D000": "Create the database first, or name another one."
    case "42501": "Grant the role firstclick_writer to this user, or connect as the owner."
    case "42P01", "42703", "42883", "3F000":
      "The schema is missing or old: run `stream-job migrate`."
    case "53100": "Free disk space at the server and start again; nothing was committed halfway."
    case "53200":
      "Give the server more memory, or raise max_locks_per_transaction: a day is a partition."
    case "53300":
      "Raise max_connections, or the limit of the database or user that is named: a job holds a "
        + "connection for each partition of its log."
    case "25006":
      "The server is a standby, or default_transaction_read_only is on for the server, the database or "
        + "the user: name the primary, or set that off."
    case "42P07":
      "A table of that name exists that is no partition, as one that was detached: attach it again "
        + "(ALTER TABLE ... ATTACH PARTITION) or rename it."
    case "55P03":
      "Another session holds a lock that is needed here, in a transaction left open perhaps: find it "
        + "in pg_locks and pg_stat_activity, and end it or let it end."
    case "57P03": "The server is starting up or shutting down."
    default: nil
    }
  }
}

extension ConnectorError {
  /// Whether a statement failed because it was canceled, and for no other reason.
  package var isOfCanceledStatement: Bool { message.contains("SQLSTATE 57014") }
}

extension String {
  /// The first line without spaces around it, at most 300 characters.
  var trimmedLine: String {
    let line = drop { $0.isWhitespace }.prefix { !$0.isNewline }.prefix(300)
    return String(line.reversed().drop { $0.isWhitespace }.reversed())
  }
}
