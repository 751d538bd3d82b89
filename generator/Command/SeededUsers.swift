import Connect
import Generation
import PostgresConnect

/// `ecommerce.users`, filled by COPY.
struct SeededUsers {
  private static let usersPerPiece = 1_000

  private let connection: PostgresConnection

  init(_ connection: PostgresConnection) { self.connection = connection }

  /// Inserts or replaces the users of a seed, all in one transaction.
  func put(count: Int, seed: UInt64) throws(ConnectorError) {
    try connection.copyIn(
      """
      BEGIN;
      CREATE TEMPORARY TABLE seeded (LIKE ecommerce.users) ON COMMIT DROP;
      COPY seeded (user_id, email, first_name, last_name, registration_date, customer_segment,
        lifetime_value) FROM STDIN
      """
    )
    for start in stride(from: 0, to: count, by: Self.usersPerPiece) {
      let piece = start..<min(count, start + Self.usersPerPiece)
      let rows = piece.map { Self.row(UserProfile(of: $0, among: count, seed: seed)) }
      try connection.send(Array(rows.joined().utf8))
    }
    try connection.finishCopy()
    try connection.execute(
      """
      INSERT INTO ecommerce.users AS users
        (user_id, email, first_name, last_name, registration_date, customer_segment, lifetime_value)
      SELECT
        user_id, email, first_name, last_name, registration_date, customer_segment, lifetime_value
      FROM seeded
      ON CONFLICT (user_id) DO UPDATE SET
        email = excluded.email,
        first_name = excluded.first_name,
        last_name = excluded.last_name,
        registration_date = excluded.registration_date,
        customer_segment = excluded.customer_segment,
        lifetime_value = excluded.lifetime_value;
      COMMIT
      """
    )
  }

  /// In COPY's text format; no value holds a tab, a line end or a backslash.
  private static func row(_ user: UserProfile) -> String {
    [
      user.userID, user.email, user.firstName, user.lastName, user.registrationDate,
      user.segment.rawValue, user.lifetimeValue,
    ].joined(separator: "\t") + "\n"
  }
}
