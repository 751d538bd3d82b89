import Connect
import TestSupport
import Testing

@testable import PostgresConnect

/// Addresses, what connecting and statements may throw, and what stays usable afterwards.
@Suite struct PostgresConnectionTests {
  @Test(arguments: [
    ("postgres://u:secret@h:5433/db", "postgres://u@h:5433/db"),
    ("postgresql:///db?host=/tmp/s&user=u&password=secret", "postgres://u@/db?host=/tmp/s"),
    ("host=h password='a secret' dbname=d", "postgres://h/d"),
    ("service=shop password=secret", "postgres://?service=shop"),
    ("", "postgres:///"),
  ])
  func `an address never shows its password`(text: String, description: String) throws {
    #expect(try PostgresAddress(text).description == description)
  }

  @Test(arguments: [
    ("firstclick", #": missing "=" after "firstclick" in connection info string"#),
    ("postgres://u:secret%00@h/db", ""), ("host=h password='secret", ""),
    // Of these libpq would read a part of the password as the host, the port or the database.
    ("postgres://u:p@secret@h/db", ""), ("postgres://u:1/secret@h/db", ""),
    ("postgres://u:secret/db", ""), ("host=h port=secret", ""),
    ("service=x&password=secret", ""), ("service=x&pass%77ord=secret", ""),
    ("postgres://h/db?dbname=postgres%3A%2F%2Fu%3Asecret%40h%2Fdb", ""),
    ("postgres://u%3Asecret%40h:x y/d", ""),
  ])
  func `an address that cannot be read is a usage error`(text: String, reason: String) {
    let error = #expect(throws: ConnectorError.self) { try PostgresAddress(text) }
    #expect(error?.kind == .usage)
    #expect(error?.message == "could not read the PostgreSQL address" + reason)
  }

  @Test func `a server that is not there may come back`() throws {
    let address = try PostgresAddress("host=/nowhere/at/all dbname=d user=u")
    let error = #expect(throws: ConnectorError.self) { try PostgresConnection(address) }
    #expect(error?.kind == .transient)
    #expect(
      error?.message.hasPrefix("could not connect to postgres://u@/d?host=/nowhere/at/all: ")
        == true
    )
    #expect(error?.hint == "Check that PostgreSQL runs there and accepts connections.")
  }

  @Test func `settings of the database that would be in the way do not apply`() throws {
    let address = try TemporaryCluster.emptyDatabase()
    try PostgresConnection(address).execute(
      """
      DO $$
      DECLARE
        setting text;
      BEGIN
        FOREACH setting IN ARRAY ARRAY[
          'default_transaction_isolation = ''repeatable read''', 'statement_timeout = ''1s''',
          'idle_in_transaction_session_timeout = ''1s''', 'lock_timeout = ''1s''', 'TimeZone = ''Asia/Tokyo''',
          'DateStyle = ''German''', 'search_path = ''pg_catalog'''
        ] LOOP
          EXECUTE format('ALTER DATABASE %I SET %s', current_database(), setting);
        END LOOP;
      END
      $$
      """
    )
    let settings = try PostgresConnection(address).query(
      """
      SELECT current_setting(name) FROM unnest(ARRAY[
        'default_transaction_isolation', 'statement_timeout', 'idle_in_transaction_session_timeout',
        'lock_timeout', 'TimeZone', 'DateStyle', 'search_path'
      ]) AS name
      """
    )
    #expect(
      settings.map { $0.first } == [
        "read committed", "0", "0", "0", "UTC", "ISO, YMD", "ecommerce",
      ]
    )
  }

  @Test func `a database that does not exist is permanent`() throws {
    let other = try TemporaryCluster.emptyDatabase().connectionString.replacing(
      /empty_[0-9]+/,
      with: "nowhere"
    )
    let address = try PostgresAddress(other)
    let error = #expect(throws: ConnectorError.self) { try PostgresConnection(address) }
    #expect(error?.kind == .permanent)
    #expect(
      error?.message
        == #"could not connect: database "nowhere" does not exist (SQLSTATE 3D000, \#(address))"#
    )
    #expect(error?.hint == "Create the database first, or name another one.")
  }

  @Test func `a database of another encoding is refused`() throws {
    let address = try TemporaryCluster.emptyDatabase()
    try PostgresConnection(address).execute(
      "CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    let plain = try PostgresAddress(
      address.connectionString.replacing(/empty_[0-9]+/, with: "plain")
    )
    let error = #expect(throws: ConnectorError.self) { try PostgresConnection(plain) }
    #expect(error?.kind == .permanent)
    #expect(
      error?.message == "the database at \(plain) has encoding SQL_ASCII: expected UTF8"
    )
  }

  @Test func `a failed statement leaves the connection usable`() throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    let error = #expect(throws: ConnectorError.self) {
      try connection.query("SELECT * FROM missing WHERE a = $1", ["x"])
    }
    #expect(error?.kind == .permanent)
    #expect(
      error?.message.hasPrefix(#"relation "missing" does not exist (SQLSTATE 42P01, "#) == true
    )
    #expect(error?.hint == "The schema is missing or old: run `stream-job migrate`.")
    #expect(connection.isIdle)
    #expect(
      try connection.query("SELECT $1, $2::text, 'é'", ["", nil]) == [["", nil, "é"]]
    )
    #expect(try connection.execute("SET jit = off").text == "SET")
  }

  @Test func `a COPY of broken rows fails and leaves the connection usable`() throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    try connection.execute("CREATE TEMP TABLE t (a text)")
    try connection.copyIn("COPY t FROM STDIN (FORMAT binary)")
    try connection.send([1, 2, 3])
    let error = #expect(throws: ConnectorError.self) { try connection.finishCopy() }
    #expect(error?.kind == .permanent)
    #expect(error?.message.hasPrefix("COPY file signature not recognized (SQLSTATE 22P04") == true)
    #expect(connection.isIdle)
    #expect(throws: ConnectorError.self) { try connection.copyIn("COPY missing FROM STDIN") }
    #expect(try connection.query("SELECT count(*) FROM t") == [["0"]])
  }

  @Test func `a terminated connection is lost and says so`() throws {
    let address = try TemporaryCluster.emptyDatabase()
    let connection = try PostgresConnection(address)
    let process = try #require(try connection.query("SELECT pg_backend_pid()").first?.first ?? nil)
    try PostgresConnection(address).execute("SELECT pg_terminate_backend(\(process), 5000)")
    let error = #expect(throws: ConnectorError.self) { try connection.execute("SELECT 1") }
    #expect(error?.kind == .transient)
    #expect(connection.isLost)
    #expect(
      #expect(throws: ConnectorError.self) { try connection.execute("SELECT 1") }?.kind
        == .transient
    )
  }

  @Test(arguments: [
    ("08006", true), ("57P01", true), ("57P02", true), ("57P03", true), ("40001", true),
    ("40P01", true), ("53300", true), ("25P03", true), ("57P05", true), ("57P04", false),
    ("53100", false), ("42501", false), ("42P01", false),
    ("28P01", false), ("22021", false),
  ])
  func `a SQLSTATE says whether waiting helps`(sqlState: String, isTransient: Bool) {
    let error = PostgresFailure.error(sqlState: sqlState, message: "m", at: "here")
    #expect(error.kind == (isTransient ? .transient : .permanent))
    #expect(error.message == "m (SQLSTATE \(sqlState), here)")
  }
}
