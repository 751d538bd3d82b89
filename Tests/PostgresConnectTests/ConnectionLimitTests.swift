import Connect
import TestSupport
import Testing

@testable import PostgresConnect

/// A job whose tasks would not all get a connection is refused before it takes any over.
@Suite struct ConnectionLimitTests {
  private let address: PostgresAddress
  private let connection: PostgresConnection
  /// Of this test alone: roles are the server's, which other tests share.
  private let user = "limited_\(UInt32.random(in: 0...UInt32.max))"

  init() throws {
    address = try TemporaryCluster.emptyDatabase()
    connection = try PostgresConnection(address)
    try connection.execute("CREATE ROLE \(user)")
  }

  private func refusal(forTasks count: Int) throws -> ConnectorError? {
    #expect(throws: ConnectorError.self) {
      try ConnectionLimit(on: connection).require(forTasks: count)
    }
  }

  @Test func `a private server has room for the tasks of a large log`() throws {
    #expect(try connection.query("SHOW max_connections") == [["1000"]])
    // As many locks as before are held by one transaction.
    #expect(try connection.query("SHOW max_locks_per_transaction") == [["128"]])
    try ConnectionLimit(on: connection).require(forTasks: 996)
    let error = try refusal(forTasks: 997)
    #expect(error?.kind == .permanent)
    #expect(
      error?.message
        == "a job of 997 tasks needs 1001 connections, one a task and 4 more: the server allows 1000 "
        + "at \(address)"
    )
    #expect(
      error?.hint
        == "Raise max_connections to 1001 or more (ALTER SYSTEM SET, then restart the server), or use "
        + "a log of fewer partitions: each is a task."
    )
  }

  @Test func `what the server keeps for superusers is not counted for others`() throws {
    try connection.execute("SET SESSION AUTHORIZATION \(user)")
    try ConnectionLimit(on: connection).require(forTasks: 993)
    let error = try refusal(forTasks: 994)
    #expect(error?.message.contains("the server, to others than superusers, allows 997") == true)
    #expect(error?.hint?.hasPrefix("Raise max_connections to 1001 or more") == true)
  }

  @Test func `the limits of database and user are told by what raises them`() throws {
    let database = try connection.query("SELECT current_database()")[0][0] ?? ""
    try connection.execute("ALTER DATABASE \(database) CONNECTION LIMIT 20")
    try ConnectionLimit(on: connection).require(forTasks: 17)
    try connection.execute("SET SESSION AUTHORIZATION \(user)")
    try ConnectionLimit(on: connection).require(forTasks: 16)
    let ofDatabase = try refusal(forTasks: 17)
    #expect(ofDatabase?.message.contains("needs 21 connections") == true)
    #expect(ofDatabase?.message.contains("the database allows 20") == true)
    #expect(ofDatabase?.hint?.contains("to 21 or more (ALTER DATABASE") == true)
    try connection.execute(
      "RESET SESSION AUTHORIZATION; ALTER ROLE \(user) CONNECTION LIMIT 10; "
        + "SET SESSION AUTHORIZATION \(user)"
    )
    let ofUser = try refusal(forTasks: 7)
    #expect(ofUser?.message.contains("the user's role allows 10") == true)
    #expect(ofUser?.hint?.contains("to 11 or more (ALTER ROLE") == true)
  }

  @Test func `a connection too many is explained by what takes them`() {
    let error = PostgresFailure.error(sqlState: "53300", message: "m", at: "here")
    #expect(error.hint?.contains("a connection for each partition of its log") == true)
  }
}
