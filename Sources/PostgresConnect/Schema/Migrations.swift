package import Connect
import SQLFiles

/// Brings a database to the schema that this program knows, one numbered migration after another.
///
/// Each runs in a transaction of its own together with its line in `ecommerce.schema_version`, so a
/// migration is applied whole or not at all; an empty database gets all of them in one. Several
/// programs may migrate at once: an advisory lock lets one do the work.
package struct Migrations {
  package struct Outcome: Hashable, Sendable {
    /// Versions that this call applied.
    package var applied: [Int] = []
    /// The version that the database is at now.
    package var version = 0
    /// The tables were there already, and got their roles only now.
    package var hasAddedRoles = false
    /// Why the roles could not be made, where the user may not make them; nothing else depends on it.
    package var rolesNotice: String?
  }

  private let connection: PostgresConnection
  private let migrations: [SQLFiles.Migration]

  package init(on connection: PostgresConnection) {
    self.init(on: connection, migrations: SQLFiles.migrations)
  }

  init(on connection: PostgresConnection, migrations: [SQLFiles.Migration]) {
    self.connection = connection
    self.migrations = migrations
  }

  /// Applies what is missing; changes nothing when nothing is.
  ///
  /// - Throws: `.permanent` for a database that is newer than this program, one whose migrations
  ///   were edited after they had been applied, and a user who may not create the tables.
  package func apply() throws(ConnectorError) -> Outcome {
    try withLock { () throws(ConnectorError) in try applyLocked() }
  }

  /// Makes the tables in a database that has none of them, and takes them back: changes nothing.
  ///
  /// - Throws: what `apply` would.
  package func rehearse() throws(ConnectorError) {
    try withLock { () throws(ConnectorError) in
      guard try !hasVersionTable() else { return }
      try transaction(try firstSteps(), endingWith: "ROLLBACK")
    }
  }

  private func withLock<Result>(
    _ body: () throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    try connection.execute("SET client_min_messages = warning")
    try connection.execute("SELECT pg_advisory_lock(\(Self.lock))")
    do throws(ConnectorError) {
      let result = try body()
      try connection.execute("SELECT pg_advisory_unlock(\(Self.lock))")
      return result
    } catch {
      // The first error is the one to tell; a lost connection has let go of the lock by itself.
      _ = try? connection.execute("SELECT pg_advisory_unlock(\(Self.lock))")
      throw error
    }
  }

  /// The version that this program brings a database to.
  package static var newestVersion: Int { SQLFiles.migrations.last?.version ?? 0 }

  /// The version that the database is at; nil when it was never migrated.
  ///
  /// Changes nothing.
  package func currentVersion() throws(ConnectorError) -> Int? {
    guard try hasVersionTable() else { return nil }
    return try appliedChecksums().keys.max()
  }

  /// Refuses a database whose schema is not the one that this program knows.
  ///
  /// Changes nothing.
  ///
  /// - Parameter first: the command that makes the schema.
  /// - Throws: `.permanent` where it is missing, older, newer or was edited.
  package func requireNewest(madeBy first: String) throws(ConnectorError) {
    guard let version = try currentVersion() else {
      throw ConnectorError(
        .permanent,
        "found no tables of this program in the database at \(connection.address)",
        hint: "Run `\(first)` first, or name another database."
      )
    }
    try requireKnown()
    guard version < knownVersion else { return }
    throw ConnectorError(
      .permanent,
      "the schema at \(connection.address) is version \(version): this program expects "
        + "\(knownVersion)",
      hint: "Update it by `stream-job migrate`, or use the program that made it."
    )
  }

  /// Refuses a migrated database that `apply` would refuse at sight; an older one is not.
  ///
  /// Changes nothing.
  ///
  /// - Throws: `.permanent` where it is newer or was edited.
  package func requireKnown() throws(ConnectorError) { try check(appliedChecksums()) }

  /// The number behind the advisory lock: any constant that nobody else uses.
  private static let lock = 0x6669_7273_7463_6C6B

  private func applyLocked() throws(ConnectorError) -> Outcome {
    let applied = try hasVersionTable() ? appliedChecksums() : [:]
    try check(applied)
    let missing = migrations.filter { applied[$0.version] == nil }
    if applied.isEmpty {
      // Where somebody else's tables are in the way, none of ours is left among them.
      try transaction(try firstSteps())
    } else {
      for migration in missing { try transaction([step(migration)]) }
    }
    var outcome = Outcome(applied: missing.map(\.version), version: knownVersion)
    if try hasRoles(), outcome.applied.isEmpty { return outcome }
    outcome.rolesNotice = try makeRoles()
    outcome.hasAddedRoles = outcome.rolesNotice == nil && !applied.isEmpty && missing.isEmpty
    return outcome
  }

  // MARK: - Versions

  private var knownVersion: Int { migrations.last?.version ?? 0 }

  private func hasVersionTable() throws(ConnectorError) -> Bool {
    try connection.query("SELECT to_regclass('ecommerce.schema_version')").first?.first
      != .some(nil)
  }

  private func appliedChecksums() throws(ConnectorError) -> [Int: String] {
    let rows = try connection.query("SELECT version, checksum FROM ecommerce.schema_version")
    var checksums: [Int: String] = [:]
    for row in rows {
      guard let version = row[0].flatMap({ Int($0) }) else { continue }
      checksums[version] = row[1]
    }
    return checksums
  }

  private func check(_ applied: [Int: String]) throws(ConnectorError) {
    if let newest = applied.keys.max(), newest > knownVersion {
      throw ConnectorError(
        .permanent,
        "the schema at \(connection.address) is version \(newest): this program knows "
          + "\(knownVersion)",
        hint: "Use a newer program, or another database."
      )
    }
    for migration in migrations {
      guard let found = applied[migration.version] else { continue }
      let expected = try checksum(of: migration.sql)
      guard found != expected else { continue }
      throw ConnectorError(
        .permanent,
        "migration \(migration.version) (\(migration.name)) at \(connection.address) is not the one "
          + "of this program: checksum \(found.prefix(12)), expected \(expected.prefix(12))",
        hint: "Use the program that made the database, or migrate an empty one."
      )
    }
  }

  private func checksum(of sql: String) throws(ConnectorError) -> String {
    let rows = try connection.query(
      "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex')",
      [sql]
    )
    return rows.first?.first.flatMap(\.self) ?? ""
  }

  // MARK: - Statements

  /// Statements, and what they are called in messages.
  private struct Step {
    var name: String
    var sql: String
  }

  private func step(_ migration: SQLFiles.Migration) throws(ConnectorError) -> Step {
    let checksum = try checksum(of: migration.sql)
    let line = """
      INSERT INTO ecommerce.schema_version (version, name, checksum)
      VALUES (\(migration.version), '\(migration.name)', '\(checksum)')
      """
    return Step(name: "migration \(migration.version)", sql: "\(migration.sql);\n\(line)")
  }

  /// All that an empty database needs.
  private func firstSteps() throws(ConnectorError) -> [Step] {
    [Step(name: "schema_version", sql: SQLFiles.schemaVersion)]
      + (try migrations.map { migration throws(ConnectorError) in try step(migration) })
  }

  private func transaction(
    _ steps: [Step],
    endingWith end: String = "COMMIT"
  ) throws(ConnectorError) {
    var current = steps.first?.name ?? ""
    do throws(ConnectorError) {
      try connection.execute("BEGIN")
      for step in steps {
        current = step.name
        try connection.execute(step.sql)
      }
      try connection.execute(end)
    } catch {
      _ = try? connection.execute("ROLLBACK")
      throw ConnectorError(
        error.kind,
        "could not apply \(current): \(error.message)",
        hint: hint(error.message) ?? error.hint
      )
    }
  }

  private func hint(_ message: String) -> String? {
    if message.contains("SQLSTATE 42501") {
      guard let owner = try? foreignOwner() else {
        return "Migrate as the database's owner: GRANT CREATE ON DATABASE gives what is needed."
      }
      return Self.advice(forTablesOf: owner)
    }
    if message.contains("SQLSTATE 2BP01") {
      return "Something of your own is made of it: drop that, migrate, and make it again."
    }
    // A table, a function, or a constraint or type of that name.
    let isInTheWay = ["42P07", "42723", "42710"].contains { message.contains("SQLSTATE \($0)") }
    return isInTheWay
      ? "The schema ecommerce holds something that is not this program's: use another database."
      : nil
  }

  // MARK: - Owner

  /// Who owns the tables, where the user has none of that role's rights.
  ///
  /// Only others can bring them to a newer version then. Nil as well where there are no tables.
  /// Changes nothing.
  package func foreignOwner() throws(ConnectorError) -> String? {
    let rows = try connection.query(
      """
      SELECT relowner::regrole
      FROM pg_class
      WHERE oid = to_regclass('ecommerce.schema_version') AND NOT pg_has_role(relowner, 'USAGE')
      """
    )
    return rows.first?.first.flatMap(\.self)
  }

  /// What to do for a newer version of tables that are another role's.
  package static func advice(forTablesOf owner: String) -> String {
    "Run `stream-job migrate` as \(owner), whose the tables are, or as a member of that role: "
      + "firstclick_writer is not enough."
  }

  // MARK: - Roles

  private func hasRoles() throws(ConnectorError) -> Bool {
    let rows = try connection.query(
      """
      SELECT bool_and(has_schema_privilege(oid, 'ecommerce', 'USAGE')) AND count(*) = 3
      FROM pg_roles
      WHERE rolname IN ('firstclick_owner', 'firstclick_writer', 'firstclick_analyst')
      """
    )
    return rows.first?.first == "t"
  }

  /// - Returns: why not, where the user may not.
  private func makeRoles() throws(ConnectorError) -> String? {
    do throws(ConnectorError) {
      try transaction([Step(name: "the roles", sql: SQLFiles.roles)])
      return nil
    } catch {
      guard error.message.contains("SQLSTATE 42501") else { throw error }
      return "\(error.message); whoever may create roles can add them later by `stream-job migrate`"
    }
  }
}
