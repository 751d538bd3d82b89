import Connect
import Dataflow
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import PostgresConnect

/// How tasks of one log make the same days.
@Suite struct DayPartitionsTests {
  private let address: PostgresAddress

  init() throws { address = try TemporaryCluster.database() }

  /// From 2000-01-01 on.
  private static func days(_ count: Int64) -> DaySet {
    var days = DaySet()
    for day in 0..<count {
      days.insert(EventTime(microseconds: (10_957 + day) * 86_400_000_000))
    }
    return days
  }

  /// Partitions of both tables, and transactions that made them.
  private func made() throws -> [[String?]] {
    try PostgresConnection(address).query(
      """
      SELECT count(*), count(DISTINCT xmin::text)
      FROM pg_class
      WHERE relispartition AND relkind = 'r'
      """
    )
  }

  @Test func `many days are made a few at a time, each time for good`() throws {
    try SinkSession(address, task: 0).makePartitions(for: Self.days(100))
    #expect(try made() == [["200", "4"]])
  }

  @Test func `tasks that need the same days share the work`() throws {
    let failures = Mutex<[String]>([])
    let address = address
    DispatchQueue.concurrentPerform(iterations: 8) { task in
      do {
        try SinkSession(address, task: Int32(task)).makePartitions(for: Self.days(100))
      } catch {
        failures.withLock { $0.append("\(error)") }
      }
    }
    #expect(failures.withLock(\.self).isEmpty)
    #expect(try made() == [["200", "4"]])
  }

  @Test func `a task waits for another's turn longer than for locks`() throws {
    let waiting = try SinkSession(address, task: 0)
    let other = try PostgresConnection(address)
    // Sent off without waiting: the server holds the turn for a while, then ends it.
    try other.execute("BEGIN; SELECT pg_advisory_xact_lock(\(Self.turn))")
    try other.abandon(after: "SELECT pg_sleep(0.2); COMMIT")
    try waiting.connection.execute("SET lock_timeout = '20ms'")
    try waiting.makePartitions(for: Self.days(1))
    #expect(try made() == [["2", "1"]])
    #expect(
      try waiting.connection.query("SHOW lock_timeout") == [[SinkSession.lockTimeout]]
    )
  }

  @Test func `a day that somebody has detached is refused, with what to do`() throws {
    try SinkSession(address, task: 0).makePartitions(for: Self.days(1))
    try PostgresConnection(address).execute(
      "ALTER TABLE ecommerce.raw_clicks DETACH PARTITION ecommerce.raw_clicks_20000101"
    )
    let error = #expect(throws: ConnectorError.self) {
      try SinkSession(address, task: 0).makePartitions(for: Self.days(1))
    }
    #expect(error?.kind == .permanent)
    #expect(
      error?.message
        == #"relation "raw_clicks_20000101" already exists (SQLSTATE 42P07, \#(address))"#
    )
    #expect(
      error?.hint
        == "A table of that name exists that is no partition, as one that was detached: attach it "
        + "again (ALTER TABLE ... ATTACH PARTITION) or rename it."
    )
  }

  private static let turn = "hashtext('ecommerce.ensure_day_partitions')"
}
