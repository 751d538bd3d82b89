package import Connect
import Foundation
import Synchronization

/// The workers that feed one database from one log, and which task each of them is to run.
///
///     stream_workers    A seen 0.3 s ago    B seen 0.8 s ago    C seen 11 s ago: given up
///     task_leases       0 1 2 3             4 5 6 7             (went with C, free to take)
///
/// Every worker renews about once a second, in one transaction at a time of all: it says that it is
/// there, gives up those who are not, takes free tasks up to its share, ceil(tasks / workers), and
/// gives back what it has beyond, each task once its last rows are committed. Times are the server's.
///
/// A lease says who is to run a task; who may write is decided by the compare-and-set in
/// `stream_progress`. So a worker that was frozen and wakes with leases it has lost does no harm.
///
/// `nextChange` and `complete` are for one thread; the rest may be called from any. Unchecked:
/// everything that changes stands behind the lock.
package final class TaskLeases: TaskAssignment, @unchecked Sendable {
  private struct State {
    /// Nil after trouble.
    var connection: PostgresConnection?
    var holdings = LeaseHoldings()
    var changes: [AssignmentChange] = []
    var nextRenewal = ContinuousClock.now
    var isClosed = false
  }

  private static let lock = "SELECT pg_advisory_xact_lock(hashtext('ecommerce.task_leases'))"
  /// A longer poll would keep the caller from its other work.
  private static let nap: Duration = .milliseconds(20)

  private let address: PostgresAddress
  private let source: String
  private let count: Int
  private let intervals: LeaseIntervals
  private let worker: WorkerIdentity
  private let state = Mutex(State())

  /// Joins: tasks come through `nextChange`.
  ///
  /// - Parameters:
  ///   - address: of the database.
  ///   - source: identity of the log.
  ///   - count: of its tasks.
  ///   - worker: who is to run them.
  ///   - intervals: how often to renew, and when to give up others.
  /// - Throws: `.permanent` when the database is fed from another log.
  package init(
    at address: PostgresAddress,
    of source: String,
    count: Int,
    for worker: WorkerIdentity,
    intervals: LeaseIntervals = LeaseIntervals()
  ) throws(ConnectorError) {
    self.address = address
    self.source = source
    self.count = count
    self.worker = worker
    self.intervals = intervals
    try state.withLock { state throws(ConnectorError) in try renew(&state) }
  }

  deinit { close() }

  package func nextChange(atMost timeout: Duration) throws(ConnectorError) -> AssignmentChange? {
    let deadline = ContinuousClock.now + timeout
    while true {
      let change = try state.withLock { state throws(ConnectorError) -> AssignmentChange? in
        if state.changes.isEmpty, state.nextRenewal <= .now { try renew(&state) }
        return state.changes.isEmpty ? nil : state.changes.removeFirst()
      }
      if let change { return change }
      let rest = ContinuousClock.now.duration(to: deadline)
      guard rest > .zero else { return nil }
      Thread.sleep(forTimeInterval: min(rest, Self.nap) / .seconds(1))
    }
  }

  package func complete(_ change: AssignmentChange) throws(ConnectorError) {
    guard case .revoked(let tasks) = change else { return }
    try state.withLock { state throws(ConnectorError) in
      // Whether the statement arrives or not: the next renewal goes by the table.
      state.holdings.release(tasks)
      state.nextRenewal = .now
      _ = try attempt(&state) { connection throws(ConnectorError) in
        try connection.execute(
          "DELETE FROM ecommerce.task_leases WHERE worker = $1 AND task = ANY ($2::integer[])",
          [worker.text, Self.literal(tasks)]
        )
      }
    }
  }

  package func report(task: Int, clicks: SourcePosition?, checkouts: SourcePosition?) {}

  package func close() {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      // One that cannot say good-bye is given up by the others.
      _ = try? attempt(&state) { connection throws(ConnectorError) in
        try connection.execute(
          "DELETE FROM ecommerce.stream_workers WHERE worker = $1",
          [worker.text]
        )
      }
      state.connection?.close()
      state.connection = nil
    }
  }

  // MARK: Renewal

  private func renew(_ state: inout State) throws(ConnectorError) {
    guard !state.isClosed else { return }
    let (leased, share) = try attempt(&state) { connection throws(ConnectorError) in
      try connection.execute("BEGIN; \(Self.lock)")
      let workers = try showUp(connection)
      try refuseOtherLogs(connection)
      let share = (count + workers - 1) / workers
      let leased = try lease(atMost: share, connection)
      let tag = try connection.execute("COMMIT")
      guard tag.text == "COMMIT" else {
        throw ConnectorError(.transient, "COMMIT answered \(tag.text) at \(address)")
      }
      return (leased, share)
    }
    state.changes += state.holdings.settle(leased: leased, share: share)
    state.nextRenewal = .now + intervals.renewal
  }

  /// - Returns: how many workers there are.
  private func showUp(_ connection: PostgresConnection) throws(ConnectorError) -> Int {
    let expiry = String(intervals.expiry / .milliseconds(1))
    try connection.execute(
      """
      DELETE FROM ecommerce.stream_workers
      WHERE worker <> $1 AND seen_at < clock_timestamp() - $2::float8 * interval '1 millisecond'
      """,
      [worker.text, expiry]
    )
    try connection.execute(
      """
      INSERT INTO ecommerce.stream_workers (worker, source, seen_at)
      VALUES ($1, $2, clock_timestamp())
      ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at
      """,
      [worker.text, source]
    )
    let rows = try connection.query("SELECT count(*) FROM ecommerce.stream_workers")
    return rows.first?.first.flatMap(\.self).flatMap { Int($0) } ?? 1
  }

  private func refuseOtherLogs(_ connection: PostgresConnection) throws(ConnectorError) {
    let rows = try connection.query(
      """
      SELECT source FROM ecommerce.stream_workers WHERE source <> $1
      UNION ALL
      SELECT source FROM ecommerce.stream_progress WHERE source <> $1
      LIMIT 1
      """,
      [source]
    )
    guard let other = rows.first?.first.flatMap(\.self) else { return }
    try connection.execute("ROLLBACK")
    throw ConnectorError(
      .permanent,
      "the database at \(address) is fed from the log \(other): expected \(source)",
      hint: "name another database for this log, or run as the other workers do"
    )
  }

  /// Takes free tasks up to the share.
  ///
  /// - Returns: all that are leased to this worker.
  private func lease(
    atMost share: Int,
    _ connection: PostgresConnection
  ) throws(ConnectorError) -> Set<Int> {
    try connection.execute(
      """
      INSERT INTO ecommerce.task_leases (task, worker)
      SELECT task, $1
      FROM generate_series(0, $2::integer - 1) AS task
      WHERE NOT EXISTS (SELECT FROM ecommerce.task_leases AS l WHERE l.task = task.task)
      ORDER BY task
      LIMIT GREATEST(
        0, $3::integer - (SELECT count(*) FROM ecommerce.task_leases WHERE worker = $1)
      )
      """,
      [worker.text, String(count), String(share)]
    )
    let rows = try connection.query(
      "SELECT task FROM ecommerce.task_leases WHERE worker = $1",
      [worker.text]
    )
    return Set(rows.compactMap { $0.first.flatMap(\.self).flatMap { Int($0) } })
  }

  /// Runs `body` on the connection, made anew if need be; one that has seen trouble is dropped, and
  /// its transaction with it.
  private func attempt<Result>(
    _ state: inout State,
    _ body: (PostgresConnection) throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    do throws(ConnectorError) {
      if let connection = state.connection { return try body(connection) }
      let connection = try connect()
      state.connection = connection
      return try body(connection)
    } catch {
      state.connection?.close()
      state.connection = nil
      throw error
    }
  }

  private func connect() throws(ConnectorError) -> PostgresConnection {
    let connection = try PostgresConnection(address, applicationName: "firstclick leases")
    // A worker that freezes in its turn must not keep the others from theirs.
    try connection.execute(
      "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '5s'"
    )
    return connection
  }

  private static func literal(_ tasks: [Int]) -> String {
    "{\(tasks.map { String($0) }.joined(separator: ","))}"
  }
}
