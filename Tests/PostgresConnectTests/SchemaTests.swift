import Connect
import Foundation
import PostgresConnect
import Synchronization
import TestSupport
import Testing

@Suite struct SchemaTests {
  @Test func `migrating an empty database applies every version once`() throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    let first = try Migrations(on: connection).apply()
    #expect(first.applied == Array(1...Migrations.newestVersion))
    #expect(first.version == Migrations.newestVersion)
    #expect(first.rolesNotice == nil)
    let second = try Migrations(on: connection).apply()
    #expect(second.applied.isEmpty)
    #expect(second.version == Migrations.newestVersion)
  }

  @Test func `several programs may migrate at once`() throws {
    let address = try TemporaryCluster.emptyDatabase()
    let applied = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 4) { _ in
      let outcome = try? Migrations(on: PostgresConnection(address)).apply()
      applied.withLock { $0 += outcome?.applied.count ?? -100 }
    }
    #expect(applied.withLock(\.self) == Migrations.newestVersion)
  }

  @Test func `a newer or an edited schema is refused`() throws {
    let address = try TemporaryCluster.database()
    let connection = try PostgresConnection(address)
    try connection.execute("INSERT INTO schema_version VALUES (99, 'future', 'x')")
    let newer = #expect(throws: ConnectorError.self) { try Migrations(on: connection).apply() }
    #expect(newer?.kind == .permanent)
    #expect(
      newer?.message
        == "the schema at \(address) is version 99: this program knows \(Migrations.newestVersion)"
    )
    try connection.execute(
      """
      DELETE FROM schema_version WHERE version = 99;
      UPDATE schema_version SET checksum = 'abc' WHERE version = 2
      """
    )
    let edited = #expect(throws: ConnectorError.self) { try Migrations(on: connection).apply() }
    #expect(
      edited?.message.hasPrefix(
        "migration 2 (partitions) at \(address) is not the one of this program: checksum abc"
      )
        == true
    )
  }

  @Test func `readers refuse a schema that is not the program's`() throws {
    let empty = try TemporaryCluster.emptyDatabase()
    let missing = #expect(throws: ConnectorError.self) { try requireNewest(at: empty) }
    #expect(
      missing?.description == "found no tables of this program in the database at \(empty); "
        + "Run `stream-job run` first, or name another database."
    )
    let address = try TemporaryCluster.database()
    try requireNewest(at: address)
    let connection = try PostgresConnection(address)
    try connection.execute("INSERT INTO schema_version VALUES (99, 'future', 'x')")
    let newer = #expect(throws: ConnectorError.self) { try requireNewest(at: address) }
    #expect(
      newer?.description == "the schema at \(address) is version 99: this program knows "
        + "\(Migrations.newestVersion); Use a newer program, or another database."
    )
    try connection.execute("DELETE FROM schema_version WHERE version > 3")
    let older = #expect(throws: ConnectorError.self) { try requireNewest(at: address) }
    #expect(
      older?.description == "the schema at \(address) is version 3: this program expects "
        + "\(Migrations.newestVersion); Update it by `stream-job migrate`, or use the program that "
        + "made it."
    )
  }

  private func requireNewest(at address: PostgresAddress) throws {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    try Migrations(on: connection).requireNewest(madeBy: "stream-job run")
  }

  @Test(arguments: ["raw_clicks", "order_kpis"])
  func `tables of somebody else stay alone in their schema`(table: String) throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    try connection.execute("CREATE SCHEMA ecommerce; CREATE TABLE ecommerce.\(table) ()")
    let error = #expect(throws: ConnectorError.self) { try Migrations(on: connection).apply() }
    #expect(
      error?.message.contains("relation \"\(table)\" already exists (SQLSTATE 42P07") == true
    )
    #expect(
      error?.hint
        == "The schema ecommerce holds something that is not this program's: use another database."
    )
    let relations = try connection.query(
      "SELECT relname FROM pg_class WHERE relnamespace = 'ecommerce'::regnamespace"
    )
    #expect(relations == [[table]])
  }

  @Test func `a user who may not create tables is told what he needs`() throws {
    let address = try TemporaryCluster.emptyDatabase()
    let connection = try PostgresConnection(address)
    try connection.execute("CREATE ROLE \(Self.unprivileged); SET ROLE \(Self.unprivileged)")
    let error = #expect(throws: ConnectorError.self) { try Migrations(on: connection).apply() }
    #expect(error?.kind == .permanent)
    #expect(error?.hint?.contains("GRANT CREATE ON DATABASE") == true)
    try connection.execute("RESET ROLE; DROP ROLE \(Self.unprivileged)")
  }

  @Test func `a user who does not own the tables is told who does`() throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    _ = try Migrations(on: connection).apply()
    // As if this program had a migration more than the one that made the tables.
    try connection.execute("DELETE FROM ecommerce.schema_version WHERE version = 13")
    let writer = "writer_\(UInt32.random(in: 0...UInt32.max))"
    try connection.execute(
      "CREATE ROLE \(writer); GRANT firstclick_writer TO \(writer); SET ROLE \(writer)"
    )
    let migrations = Migrations(on: connection)
    #expect(try migrations.foreignOwner() == "firstclick_owner")
    let error = #expect(throws: ConnectorError.self) { try migrations.apply() }
    #expect(error?.message.contains("must be owner of table") == true)
    #expect(
      error?.hint
        == "Run `stream-job migrate` as firstclick_owner, whose the tables are, or as a member of that "
        + "role: firstclick_writer is not enough."
    )
    try connection.execute("RESET ROLE; GRANT firstclick_owner TO \(writer); SET ROLE \(writer)")
    #expect(try migrations.foreignOwner() == nil)
    try connection.execute("RESET ROLE")
  }

  @Test func `a rehearsal leaves nothing`() throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    try Migrations(on: connection).rehearse()
    #expect(try connection.query("SELECT to_regnamespace('ecommerce')") == [[nil]])
    #expect(connection.isIdle)
    _ = try Migrations(on: connection).apply()
    try Migrations(on: connection).rehearse()
  }

  private static let unprivileged = "nobody_in_particular"

  @Test func `a user who may create tables but no roles migrates all the same`() throws {
    let address = try TemporaryCluster.emptyDatabase()
    let connection = try PostgresConnection(address)
    try connection.execute("CREATE ROLE plain_migrator")
    let database = try connection.query("SELECT current_database()")[0][0] ?? ""
    try connection.execute("GRANT CREATE ON DATABASE \(database) TO plain_migrator")
    try connection.execute("SET ROLE plain_migrator")
    let outcome = try Migrations(on: connection).apply()
    #expect(outcome.applied == Array(1...Migrations.newestVersion))
    #expect(outcome.rolesNotice != nil)
    try connection.execute("SELECT ensure_day_partitions(ARRAY['2026-01-01']::date[]); RESET ROLE")
    #expect(try Migrations(on: connection).apply().rolesNotice == nil)
  }

  @Test func `every table, view and column has a comment`() throws {
    let shop = try ShopFixture()
    let silent = try shop.connection.query(
      """
      SELECT c.relname, a.attname
      FROM pg_class AS c
      LEFT JOIN pg_attribute AS a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_description AS t ON t.objoid = c.oid AND t.objsubid = 0
      LEFT JOIN pg_description AS d ON d.objoid = c.oid AND d.objsubid = a.attnum
      WHERE c.relnamespace = 'ecommerce'::regnamespace
        AND c.relkind IN ('r', 'p', 'v', 'm')
        AND (t.description IS NULL OR d.description IS NULL)
      """
    )
    #expect(silent.isEmpty)
  }

  // MARK: - Roles

  @Test func `an analyst reads everything and writes nothing`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute("SET ROLE firstclick_analyst")
    for table in [
      "attributed_checkouts", "raw_clicks", "raw_clicks_20261121", "users", "stream_progress",
      "mv_device_analysis", "order_kpis", "schema_version",
    ] {
      try shop.connection.execute("SELECT * FROM \(table)")
    }
    for statement in [
      "INSERT INTO users (user_id) VALUES ('x')", "DELETE FROM attributions",
      "UPDATE stream_progress SET epoch = 0", "CREATE TABLE ecommerce.mine ()",
      "SELECT ensure_day_partitions(ARRAY['2026-01-01']::date[])",
      "SELECT refresh_all_materialized_views()",
    ] {
      let error = #expect(throws: ConnectorError.self) { try shop.connection.execute(statement) }
      #expect(error?.message.contains("SQLSTATE 42501") == true, "\(statement)")
    }
  }

  @Test func `a writer does what the job does, and no more`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute("SET ROLE firstclick_writer")
    try shop.connection.execute(
      """
      SELECT ensure_day_partitions(ARRAY['2026-03-01']::date[]);
      BEGIN;
      INSERT INTO raw_clicks (event_id, user_id, product_id, event_timestamp, ingested_at)
      VALUES ('w', 'u', 'p', '2026-03-01 00:00Z', now());
      CREATE TEMPORARY TABLE staged ON COMMIT DROP AS SELECT * FROM attributions;
      UPDATE attributions SET revision = revision + 1;
      UPDATE stream_progress SET epoch = epoch + 1;
      INSERT INTO dead_letters VALUES ('clicks', 0, 1, 'r', 1, NULL, now());
      INSERT INTO users (user_id) VALUES ('w') ON CONFLICT (user_id) DO UPDATE SET email = 'w';
      COMMIT;
      SELECT refresh_all_materialized_views()
      """
    )
    for statement in ["DELETE FROM raw_clicks", "DROP TABLE users", "TRUNCATE attributions"] {
      #expect(throws: ConnectorError.self, "\(statement)") {
        try shop.connection.execute(statement)
      }
    }
    #expect(try Verification(of: shop.address).run().figures.differences == 0)
  }

  @Test func `summaries are refreshed where nobody else may make temporary tables`() throws {
    let connection = try PostgresConnection(Self.databaseWithoutTemporaryTables())
    _ = try Migrations(on: connection).apply()
    for role in ["firstclick_owner", "firstclick_writer"] {
      try connection.execute("SET ROLE \(role); SELECT refresh_all_materialized_views()")
    }
  }

  @Test func `verify says what an analyst lacks who may make no temporary tables`() throws {
    let address = try Self.databaseWithoutTemporaryTables()
    let connection = try PostgresConnection(address)
    _ = try Migrations(on: connection).apply()
    let name = "analyst_\(UInt32.random(in: 0...UInt32.max))"
    try connection.execute("CREATE ROLE \(name) LOGIN IN ROLE firstclick_analyst")
    let analyst = try PostgresAddress(
      address.connectionString.replacing("user=postgres", with: "user=\(name)")
    )
    let error = #expect(throws: ConnectorError.self) { try Verification(of: analyst).run() }
    #expect(error?.kind == .permanent)
    #expect(
      error?.message
        == "the user \(name) may not make temporary tables at \(analyst), where rows are compared"
    )
    let database = try connection.query("SELECT current_database()")[0][0] ?? ""
    #expect(error?.hint == "GRANT TEMPORARY ON DATABASE \(database) TO \(name).")
    try connection.execute("GRANT TEMPORARY ON DATABASE \(database) TO \(name)")
    #expect(try Verification(of: analyst).run().holds)
  }

  private static func databaseWithoutTemporaryTables() throws -> PostgresAddress {
    let address = try TemporaryCluster.emptyDatabase()
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let database = try connection.query("SELECT current_database()")[0][0] ?? ""
    try connection.execute("REVOKE TEMPORARY ON DATABASE \(database) FROM PUBLIC")
    return address
  }

  // MARK: - Partitions

  @Test func `partitions are UTC days whatever the session's time zone`() throws {
    let connection = try PostgresConnection(TemporaryCluster.database())
    let make = """
      SELECT ensure_day_partitions(
        ARRAY['2026-11-21', '2026-11-21', '0001-01-01', '0001-12-31 BC', '9999-12-31']::date[])
      """
    try connection.execute("SET TimeZone = 'Asia/Tokyo'")
    #expect(try connection.query(make) == [["8"]])
    #expect(try connection.query(make) == [["0"]])
    try connection.execute("SET TimeZone = 'UTC'")
    let partitions = try connection.query(
      """
      SELECT relname, pg_get_expr(relpartbound, oid)
      FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'raw_clicks%'
      ORDER BY relname COLLATE "C"
      """
    )
    #expect(
      partitions == [
        [
          "raw_clicks_00010101",
          "FOR VALUES FROM ('0001-01-01 00:00:00+00') TO ('0001-01-02 00:00:00+00')",
        ],
        [
          "raw_clicks_00011231bc",
          "FOR VALUES FROM ('0001-12-31 00:00:00+00 BC') TO ('0001-01-01 00:00:00+00')",
        ],
        [
          "raw_clicks_20261121",
          "FOR VALUES FROM ('2026-11-21 00:00:00+00') TO ('2026-11-22 00:00:00+00')",
        ],
        [
          "raw_clicks_99991231",
          "FOR VALUES FROM ('9999-12-31 00:00:00+00') TO ('10000-01-01 00:00:00+00')",
        ],
      ]
    )
  }

  /// Eight workers hold open transactions that wrote to the parents while all make the same days.
  @Test(.timeLimit(.minutes(5)))
  func `partitions are made while others write, without waiting for them`() throws {
    let address = try TemporaryCluster.database()
    let failures = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { worker in
      do {
        let writer = try PostgresConnection(address)
        let creator = try PostgresConnection(address)
        try creator.execute("SELECT ensure_day_partitions(ARRAY['2026-01-01']::date[])")
        for day in 2...12 {
          try Self.write("BEGIN; \(Self.insert(day - 1, "\(worker)-\(day)"))", on: writer)
          let days = "ARRAY['2026-01-\(day)', '2025-01-\(day)']::date[]"
          try creator.execute("SELECT ensure_day_partitions(\(days))")
          try writer.execute("COMMIT")
          try Self.write(Self.insert(day, "\(worker)-\(day)"), on: writer)
        }
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    #expect(failures.withLock(\.self).isEmpty)
    let connection = try PostgresConnection(address)
    #expect(try connection.query("SELECT count(*) FROM raw_clicks") == [["176"]])
  }

  /// As the job does, again where that may help: the partition was made this moment.
  private static func write(_ sql: String, on writer: PostgresConnection) throws {
    do throws(ConnectorError) {
      try writer.execute(sql)
    } catch {
      guard error.kind == .transient else { throw error }
      try writer.execute("ROLLBACK; \(sql)")
    }
  }

  private static func insert(_ day: Int, _ id: String) -> String {
    """
    INSERT INTO raw_clicks (event_id, user_id, product_id, event_timestamp, ingested_at)
    VALUES ('\(id)', 'u', 'p', '2026-01-\(day) 12:00Z', now())
    """
  }
}
