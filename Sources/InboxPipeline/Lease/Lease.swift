package import Connect
package import PostgresConnect

/// The right to run the pipeline on a database: one holder at a time, for a limited time, with a
/// number that grows with each holder.
///
/// ```
/// token 7  |--acquire--renew--renew-- process killed        (its commit would compare: 7 <> 8)
/// token 8                                   |--expired or seen dead: acquire--renew--commit--|
/// ```
/// Times are the server's. Whoever commits compares the token in the same transaction, so a holder
/// that was given up for dead cannot write, however long it slept.
/// Source: M. Kleppmann, "How to do distributed locking", 2016 (fencing tokens).
package struct Lease: Hashable, Sendable {
  package let token: Int64
  package let duration: Duration

  /// What can be read of a lease.
  package struct State: Hashable, Sendable {
    package var token: Int64
    /// Nil when it is free.
    package var holder: String?
    package var inbox: String?
    package var step: String?
    package var acquiredAt: String?
    package var renewedAt: String?
    package var isExpired: Bool

    /// The holder for people: `process 4711 on host` where it can be told.
    package var holderName: String? { holder.map { LeaseHolder($0)?.name ?? $0 } }

    /// True while its holder may be at work.
    package var isLive: Bool {
      guard let holder, !isExpired else { return false }
      return LeaseHolder(holder)?.isKnownDead != true
    }
  }

  /// The lease as it stands; nil before the first run.
  package static func state(
    on connection: PostgresConnection
  ) throws(ConnectorError) -> State? {
    let rows = try connection.query(
      """
      SELECT token, holder, inbox, step, acquired_at, renewed_at, expires_at <= clock_timestamp()
      FROM pipeline_lease
      """
    )
    guard let row = rows.first, let token = row[0].flatMap({ Int64($0) }) else { return nil }
    return State(
      token: token,
      holder: row[1],
      inbox: row[2],
      step: row[3],
      acquiredAt: row[4],
      renewedAt: row[5],
      isExpired: row[6] != "f"
    )
  }

  /// Takes the lease if it is as `state` says.
  ///
  /// - Parameters:
  ///   - state: what the caller saw and found free, expired or its holder dead; nil: none yet.
  ///   - holder: who takes it.
  ///   - inbox: what for, for people.
  ///   - duration: until when it lasts without being renewed.
  ///   - connection: outside of a transaction.
  /// - Returns: the lease; nil when somebody else was faster.
  /// - Throws: what the database says.
  package static func take(
    _ state: State?,
    for holder: LeaseHolder?,
    inbox: String,
    duration: Duration,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Lease? {
    let rows = try connection.query(
      """
      INSERT INTO pipeline_lease AS l
        (token, holder, inbox, acquired_at, renewed_at, expires_at)
      VALUES (1, $1, $2, clock_timestamp(), clock_timestamp(), clock_timestamp() + $3::interval)
      ON CONFLICT (id) DO UPDATE SET
        token = l.token + 1,
        holder = excluded.holder,
        inbox = excluded.inbox,
        step = NULL,
        acquired_at = excluded.acquired_at,
        renewed_at = excluded.renewed_at,
        expires_at = excluded.expires_at
      WHERE l.token = $4::bigint AND l.renewed_at IS NOT DISTINCT FROM $5::timestamptz
      RETURNING token
      """,
      [
        holder?.description ?? "unknown", inbox, duration.interval,
        state.map { "\($0.token)" } ?? "0", state?.renewedAt,
      ]
    )
    guard let token = rows.first?[0].flatMap({ Int64($0) }) else { return nil }
    return Lease(token: token, duration: duration)
  }

  /// Makes it last for its duration from now on.
  ///
  /// - Returns: false when it is another's by now.
  package func renew(
    step: String,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Bool {
    try connection.execute(
      """
      UPDATE pipeline_lease
      SET renewed_at = clock_timestamp(), expires_at = clock_timestamp() + $1::interval, step = $2
      WHERE token = $3::bigint AND holder IS NOT NULL
      """,
      [duration.interval, step, "\(token)"]
    ).rowCount == 1
  }

  /// Keeps the lease from changing hands until the transaction ends.
  ///
  /// - Throws: `.fenced` when it has.
  package func fence(on connection: PostgresConnection) throws(ConnectorError) {
    let rows = try connection.query(
      "SELECT FROM pipeline_lease WHERE token = $1::bigint AND holder IS NOT NULL FOR UPDATE",
      ["\(token)"]
    )
    guard rows.count == 1 else { throw lost }
  }

  /// Gives it back; does nothing when it is another's.
  package func release(on connection: PostgresConnection) throws(ConnectorError) {
    try connection.execute(
      """
      UPDATE pipeline_lease
      SET holder = NULL, step = NULL, expires_at = clock_timestamp() WHERE token = $1::bigint
      """,
      ["\(token)"]
    )
  }

  /// Frees the lease whoever holds it, who can then not commit.
  package static func breakLease(
    _ state: State,
    on connection: PostgresConnection
  ) throws(ConnectorError) {
    try connection.execute(
      """
      UPDATE pipeline_lease
      SET token = token + 1, holder = NULL, step = NULL, expires_at = clock_timestamp()
      WHERE token = $1::bigint
      """,
      ["\(state.token)"]
    )
  }

  var lost: ConnectorError {
    ConnectorError(
      .fenced,
      "lost the lease of the pipeline (token \(token)): another run has taken over",
      hint: "Nothing of this run was committed; the inbox is as it was."
    )
  }
}

extension Duration {
  /// As PostgreSQL reads an interval.
  fileprivate var interval: String {
    "\(Int64(self / .microseconds(1))) microseconds"
  }
}
