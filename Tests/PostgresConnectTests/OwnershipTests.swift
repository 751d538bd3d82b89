import Connect
import PostgresConnect
import TestSupport
import Testing

/// What a migration hands over to firstclick_owner, and what it leaves alone.
@Suite struct OwnershipTests {
  private let connection: PostgresConnection
  /// Of this test alone: roles are the server's, which other tests share.
  private let shopkeeper = "shopkeeper_\(UInt32.random(in: 0...UInt32.max))"

  init() throws {
    connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    try connection.execute("CREATE ROLE \(shopkeeper)")
  }

  /// Relations and functions of the schema that are not firstclick_owner's, by name, with owners.
  private func others() throws -> [[String?]] {
    try connection.query(
      """
      SELECT relname, relowner::regrole FROM pg_class
      WHERE relnamespace = 'ecommerce'::regnamespace AND relowner <> 'firstclick_owner'::regrole
      UNION ALL
      SELECT proname, proowner::regrole FROM pg_proc
      WHERE pronamespace = 'ecommerce'::regnamespace AND proowner <> 'firstclick_owner'::regrole
      ORDER BY 1
      """
    )
  }

  /// Tables and views of the schema that one of the other roles may not read.
  private func unreadable() throws -> [[String?]] {
    try connection.query(
      """
      SELECT relname, role FROM pg_class
      CROSS JOIN unnest(ARRAY['firstclick_writer', 'firstclick_analyst']) AS role
      WHERE relnamespace = 'ecommerce'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        AND NOT has_table_privilege(role, pg_class.oid, 'SELECT')
      ORDER BY 1, 2
      """
    )
  }

  private func schemaOwner() throws -> String? {
    try connection.query("SELECT nspowner::regrole FROM pg_namespace WHERE nspname = 'ecommerce'")
      .first?.first.flatMap(\.self)
  }

  @Test func `all of a new schema is handed over, what an earlier migration left too`() throws {
    let database = try connection.query("SELECT current_database()")[0][0] ?? ""
    try connection.execute(
      "GRANT CREATE ON DATABASE \(database) TO \(shopkeeper); SET ROLE \(shopkeeper)"
    )
    #expect(try Migrations(on: connection).apply().rolesNotice != nil)
    try connection.execute("SELECT ensure_day_partitions(ARRAY['2026-01-01']::date[]); RESET ROLE")
    #expect(try schemaOwner() == shopkeeper)
    #expect(try Migrations(on: connection).apply().hasAddedRoles)
    #expect(try schemaOwner() == "firstclick_owner")
    // A job of the former owner goes on.
    try connection.execute(
      """
      SET ROLE \(shopkeeper);
      SELECT ensure_day_partitions(ARRAY['2026-01-02']::date[]);
      INSERT INTO ecommerce.users VALUES
        ('u1', 'a@example.com', 'Ada', 'L', '2026-01-01 00:00Z', 'premium', 900.00);
      UPDATE ecommerce.stream_progress SET epoch = epoch + 1;
      RESET ROLE
      """
    )
    #expect(try !Migrations(on: connection).apply().hasAddedRoles)
    #expect(try others().isEmpty)
    #expect(try unreadable().isEmpty)
  }

  /// As a service's first user, which is no superuser; since PostgreSQL 16 making a role is not yet
  /// being able to become it.
  @Test func `who may create roles, and no more, makes them and hands all over`() throws {
    let cluster = try TemporaryCluster()
    defer { cluster.remove() }
    let superuser = try cluster.start()
    let maker = try PostgresConnection(superuser)
    try maker.execute("CREATE ROLE master LOGIN CREATEROLE")
    try maker.execute("ALTER DATABASE firstclick OWNER TO master")
    maker.close()
    let address = try PostgresAddress(
      superuser.connectionString.replacing("user=postgres", with: "user=master")
    )
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    #expect(try Migrations(on: connection).apply().rolesNotice == nil)
    let owners = try connection.query(
      "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'ecommerce'::regnamespace"
    )
    #expect(owners == [["firstclick_owner"]])
    try connection.execute("SELECT ecommerce.ensure_day_partitions(ARRAY['2026-01-01']::date[])")
  }

  @Test func `what others keep in the schema stays theirs`() throws {
    try connection.execute(
      """
      CREATE SCHEMA ecommerce AUTHORIZATION \(shopkeeper);
      SET ROLE \(shopkeeper);
      CREATE TABLE ecommerce.baskets (id integer);
      CREATE VIEW ecommerce.full_baskets AS SELECT * FROM ecommerce.baskets;
      RESET ROLE
      """
    )
    _ = try Migrations(on: connection).apply()
    #expect(try others() == [["baskets", shopkeeper], ["full_baskets", shopkeeper]])
    #expect(try unreadable().map(\.[0]) == ["baskets", "baskets", "full_baskets", "full_baskets"])
    #expect(try schemaOwner() == shopkeeper)
    try connection.execute(
      """
      SET ROLE \(shopkeeper);
      DROP VIEW ecommerce.full_baskets;
      CREATE TABLE ecommerce.orders (id integer);
      SET ROLE firstclick_writer;
      SELECT ensure_day_partitions(ARRAY['2026-01-01']::date[]), refresh_all_materialized_views();
      RESET ROLE
      """
    )
    #expect(try others() == [["baskets", shopkeeper], ["orders", shopkeeper]])
  }
}
