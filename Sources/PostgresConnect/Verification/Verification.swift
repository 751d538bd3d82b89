package import Connect
import Foundation
import SQLFiles
import Synchronization

/// Holds the answers against the plain SQL of the rule, and counts every record.
///
/// All queries see one snapshot, so a running job does not disturb the result. Large databases are
/// checked on several connections, each for a share of the users. Nothing is written but temporary
/// tables.
package struct Verification: Sendable {
  /// Candidates, pairs of click and checkout, up to which the rule runs as it is written.
  ///
  /// Beyond, it runs by numbering clicks, which says the same and takes no longer for more.
  private static let candidatesToList = 5_000_000
  /// Below this many checkouts one connection is as fast as several.
  private static let checkoutsPerConnection = 25_000
  private static let differencesToShow = 10

  private let address: PostgresAddress

  package init(of address: PostgresAddress) { self.address = address }

  /// - Throws: `.permanent` for a database without the schema, one that was written under
  ///   different windows, and a user who may not make temporary tables; `.transient` where another
  ///   session's lock is in the way.
  package func run() throws(ConnectorError) -> VerificationReport {
    let leader = try connect()
    defer { leader.close() }
    try leader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    try checkTemporaryTables(leader)
    let tasks = try TaskAccount.all(on: leader)
    // A window in a line that others have changed is no rule of the job: the line is reported.
    if !tasks.contains(where: \.isLineChanged) { try checkWindow(leader) }
    let snapshot = try leader.query("SELECT pg_export_snapshot()").first?.first ?? nil
    var report = VerificationReport()
    for share in try runShares(plan(tasks), snapshot: snapshot ?? "") {
      report.figures.add(share.figures)
      report.differences += share.differences
      report.sharedIDs.add(share.sharedIDs, keeping: Self.differencesToShow)
    }
    report.differences.sort { $0.checkoutID < $1.checkoutID }
    report.differences = Array(report.differences.prefix(Self.differencesToShow))
    report.conservation = try VerificationReport.Conservation.all(on: leader)
    report.taskFaults = tasks.compactMap(\.fault)
    try leader.execute("ROLLBACK")
    return report
  }

  private func connect() throws(ConnectorError) -> PostgresConnection {
    try PostgresConnection(address, applicationName: "firstclick verify", lockTimeout: .short)
  }

  private func checkTemporaryTables(_ connection: PostgresConnection) throws(ConnectorError) {
    let rows = try connection.query(
      """
      SELECT current_user, format('%I TO %I', current_database(), current_user)
      WHERE NOT has_database_privilege(current_database(), 'TEMPORARY')
      """
    )
    guard let row = rows.first else { return }
    throw ConnectorError(
      .permanent,
      "the user \(row[0] ?? "?") may not make temporary tables at \(address), where rows are compared",
      hint: "GRANT TEMPORARY ON DATABASE \(row[1] ?? "?")."
    )
  }

  private func checkWindow(_ connection: PostgresConnection) throws(ConnectorError) {
    let rows = try connection.query(
      "SELECT DISTINCT window_seconds FROM ecommerce.stream_progress ORDER BY window_seconds"
    )
    guard rows.count > 1 else { return }
    let windows = rows.compactMap { $0[0] }.joined(separator: ", ")
    throw ConnectorError(
      .permanent,
      "the tasks at \(address) ran with different windows: \(windows) seconds",
      hint: "Run one rule per database."
    )
  }

  // MARK: - Shares

  private struct Plan {
    var rule: String
    /// A power of two.
    var shares: Int
  }

  /// Sized by the answers that are there: wrong answers make it slower, not wrong.
  private func plan(_ tasks: [TaskAccount]) -> Plan {
    let checkouts = tasks.reduce(0) { $0 + $1.answers }
    let candidates = tasks.reduce(0) { $0 + $1.candidates }
    var shares = 1
    let limit = min(8, ProcessInfo.processInfo.activeProcessorCount)
    while shares * 2 <= limit, checkouts > shares * Self.checkoutsPerConnection { shares *= 2 }
    return Plan(
      rule: candidates <= Self.candidatesToList ? SQLFiles.rule : SQLFiles.ruleByNumber,
      shares: shares
    )
  }

  private func runShares(
    _ plan: Plan,
    snapshot: String
  ) throws(ConnectorError) -> [VerificationReport] {
    let results = Mutex<[Result<VerificationReport, ConnectorError>]>([])
    DispatchQueue.concurrentPerform(iterations: plan.shares) { share in
      let result = Result { () throws(ConnectorError) in
        try run(plan, share: share, snapshot: snapshot)
      }
      results.withLock { $0.append(result) }
    }
    var reports: [VerificationReport] = []
    for result in results.withLock({ $0 }) { reports.append(try result.get()) }
    return reports
  }

  private func run(
    _ plan: Plan,
    share: Int,
    snapshot: String
  ) throws(ConnectorError) -> VerificationReport {
    let connection = try connect()
    defer { connection.close() }
    try connection.execute(
      """
      BEGIN ISOLATION LEVEL REPEATABLE READ;
      SET TRANSACTION SNAPSHOT '\(snapshot)';
      SET LOCAL verify.slice = \(share);
      SET LOCAL verify.slices = \(plan.shares);
      SET LOCAL work_mem = '512MB';
      SET LOCAL max_parallel_workers_per_gather = 0;
      SET LOCAL enable_nestloop = off;
      SET LOCAL enable_mergejoin = off;
      SET LOCAL jit = off
      """
    )
    try connection.execute(plan.rule)
    let figures = try connection.query(SQLFiles.compare).first ?? []
    let report = VerificationReport(
      figures: .init(figures),
      differences: try differences(connection),
      sharedIDs: try sharedIDs(connection)
    )
    try connection.execute("ROLLBACK")
    return report
  }

  private func differences(
    _ connection: PostgresConnection
  ) throws(ConnectorError) -> [VerificationReport.Difference] {
    let rows = try connection.query(
      """
      SELECT d.checkout_id, d.kind, c.key, c.expected, c.found
      FROM (
        SELECT *
        FROM differences
        WHERE kind <> 'pending'
        ORDER BY checkout_id COLLATE "C"
        LIMIT \(Self.differencesToShow)
      ) AS d
      CROSS JOIN LATERAL (
        SELECT key, e.value AS expected, f.value AS found
        FROM jsonb_each_text(d.expected) AS e
        FULL JOIN jsonb_each_text(d.found) AS f USING (key)
        WHERE e.value IS DISTINCT FROM f.value
      ) AS c
      ORDER BY d.checkout_id COLLATE "C", c.key
      """
    )
    var differences: [VerificationReport.Difference] = []
    for row in rows {
      guard let id = row[0], let kind = row[1].flatMap(VerificationReport.Difference.Kind.init)
      else { continue }
      if differences.last?.checkoutID != id {
        differences.append(.init(checkoutID: id, kind: kind, columns: []))
      }
      guard kind == .different, let name = row[2] else { continue }
      differences[differences.count - 1].columns.append(
        .init(name: name, expected: row[3], found: row[4])
      )
    }
    return differences
  }

  /// Of the share of ids that the connection has by their own hash.
  private func sharedIDs(
    _ connection: PostgresConnection
  ) throws(ConnectorError) -> VerificationReport.SharedIDs {
    let rows = try connection.query(
      """
      WITH shared AS MATERIALIZED (
        SELECT checkout_id
        FROM ecommerce.attributions
        WHERE hashtext(checkout_id) & (SELECT current_setting('verify.slices')::integer - 1)
          = (SELECT current_setting('verify.slice')::integer)
        GROUP BY checkout_id
        HAVING count(*) > 1
      )
      SELECT checkout_id, user_id, task, (SELECT count(*) FROM shared)
      FROM ecommerce.attributions
      WHERE checkout_id IN (
        SELECT checkout_id FROM shared ORDER BY checkout_id LIMIT \(Self.differencesToShow)
      )
      ORDER BY checkout_id, user_id
      """
    )
    var shared = VerificationReport.SharedIDs()
    shared.count = rows.first?[3].flatMap { Int($0) } ?? 0
    for row in rows {
      guard let id = row[0], let user = row[1], let task = row[2].flatMap({ Int($0) }) else {
        continue
      }
      shared.first.append(.init(checkoutID: id, userID: user, task: task))
    }
    return shared
  }
}

extension VerificationReport.Figures {
  /// Of the columns that compare.sql returns.
  fileprivate init(_ row: [String?]) {
    let counts = row.map { $0.flatMap { Int($0) } ?? 0 }
    guard counts.count == 6 else { return }
    expected = counts[0]
    attributed = counts[1]
    pending = counts[2]
    missing = counts[3]
    unexpected = counts[4]
    different = counts[5]
  }

  fileprivate mutating func add(_ other: Self) {
    expected += other.expected
    attributed += other.attributed
    pending += other.pending
    missing += other.missing
    unexpected += other.unexpected
    different += other.different
  }
}
