package import Connect

/// How many connections at once a server lets a user have to a database.
///
/// A job holds one for each of its tasks: where they are too few, its last tasks would wait for ever
/// for those before them.
package struct ConnectionLimit {
  /// What a job's workers need beside those of their tasks: for short questions, leases and counts.
  static let spareCount = 4

  private enum Origin { case server, database, user }

  private let address: PostgresAddress
  /// The smallest, of those that bind the user.
  private var count: Int
  private var origin = Origin.server
  /// Of those that the server has, kept for its superusers.
  private let reservedCount: Int

  /// Of the user and the database that the connection is of.
  package init(on connection: PostgresConnection) throws(ConnectorError) {
    address = connection.address
    let rows = try connection.query(
      """
      SELECT
        current_setting('max_connections'),
        CASE WHEN rolsuper THEN '0' ELSE current_setting('superuser_reserved_connections') END,
        CASE WHEN NOT rolsuper AND datconnlimit >= 0 THEN datconnlimit END,
        CASE WHEN NOT rolsuper AND rolconnlimit >= 0 THEN rolconnlimit END
      FROM pg_roles
      CROSS JOIN pg_database
      WHERE rolname = session_user AND datname = current_database()
      """
    )
    let numbers = rows.first?.map { $0.flatMap { Int($0) } } ?? [nil, nil, nil, nil]
    reservedCount = numbers[1] ?? 0
    count = numbers[0].map { [reservedCount] in $0 - reservedCount } ?? .max
    for (limit, origin) in [(numbers[2], Origin.database), (numbers[3], .user)] {
      guard let limit, limit < count else { continue }
      (count, self.origin) = (limit, origin)
    }
  }

  /// - Throws: `.permanent` where a job of so many tasks would not get its connections.
  package func require(forTasks taskCount: Int) throws(ConnectorError) {
    let need = taskCount + Self.spareCount
    guard need > count else { return }
    throw ConnectorError(
      .permanent,
      "a job of \(taskCount) \(taskCount == 1 ? "task" : "tasks") needs \(need) connections, one a task "
        + "and \(Self.spareCount) more: \(place) allows \(count) at \(address)",
      hint: "\(remedy(for: need)), or use a log of fewer partitions: each is a task."
    )
  }

  private var place: String {
    switch origin {
    case .server: reservedCount > 0 ? "the server, to others than superusers," : "the server"
    case .database: "the database"
    case .user: "the user's role"
    }
  }

  private func remedy(for need: Int) -> String {
    switch origin {
    case .server:
      "Raise max_connections to \(need + reservedCount) or more (ALTER SYSTEM SET, then restart the "
        + "server)"
    case .database: "Raise its limit to \(need) or more (ALTER DATABASE ... CONNECTION LIMIT)"
    case .user: "Raise its limit to \(need) or more (ALTER ROLE ... CONNECTION LIMIT)"
    }
  }
}
