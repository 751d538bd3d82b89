import Connect
import PostgresConnect
import TestSupport
import Testing

@Suite struct LogReadsTests {
  private static func reads(
    _ part: String,
    calls: Int64,
    throttled: Int64 = 0,
    records: Int64 = 0,
    behind: Int64? = nil
  ) -> PartReads {
    var reads = PartReads(of: part, in: .clicks)
    reads.calls = calls
    reads.throttledCalls = throttled
    reads.records = records
    reads.bytes = 10 * records
    reads.behindMilliseconds = behind
    return reads
  }

  @Test func `what workers have read of a part is added up`() throws {
    let address = try TemporaryCluster.database()
    let ledgers = try (0..<2).map { _ in try #require(PostgresSink(address).makeReadsLedger()) }
    try ledgers[0].add([
      Self.reads("b", calls: 3, throttled: 1, records: 20, behind: 500),
      Self.reads("a", calls: 1),
    ])
    try ledgers[1].add([Self.reads("b", calls: 2, records: 5, behind: 100)])
    try ledgers[0].add([Self.reads("b", calls: 1, throttled: 1)])
    var checkouts = PartReads(of: "a", in: .checkouts)
    checkouts.calls = 9
    try ledgers[1].add([checkouts])
    let connection = try PostgresConnection(address)
    let parts = try StatusQuery(on: connection).parts()
    #expect(
      parts.map(\.reads) == [
        Self.reads("a", calls: 1),
        Self.reads("b", calls: 6, throttled: 2, records: 25, behind: 500), checkouts,
      ]
    )
    #expect(parts.map { $0.secondsSinceRead == nil } == [true, false, true])
  }

  @Test func `the reader that is furthest behind says how far, until it is silent`() throws {
    let address = try TemporaryCluster.database()
    let ledgers = try (0..<2).map { _ in try #require(PostgresSink(address).makeReadsLedger()) }
    let connection = try PostgresConnection(address)
    func age(after ledger: Int, behind: Int64) throws -> Int64? {
      try ledgers[ledger].add([Self.reads("s", calls: 1, behind: behind)])
      return try StatusQuery(on: connection).parts().first?.reads.behindMilliseconds
    }
    #expect(try age(after: 0, behind: 100) == 100)
    #expect(try age(after: 1, behind: 50) == 100)
    #expect(try age(after: 1, behind: 200) == 200)
    #expect(try age(after: 0, behind: 90) == 200)
    #expect(try age(after: 1, behind: 0) == 0)
    #expect(try age(after: 0, behind: 80) == 80)
    try connection.execute("UPDATE log_reads SET read_at = read_at - interval '11 s'")
    #expect(try age(after: 1, behind: 10) == 10)
  }

  @Test func `a worker has one name, as a reader and as the one that has tasks`() throws {
    let address = try TemporaryCluster.database()
    let sink = PostgresSink(address)
    let leases = try #require(try sink.leaseTasks(of: "log", count: 1))
    defer { leases.close() }
    try #require(sink.makeReadsLedger()).add([Self.reads("s", calls: 1, behind: 1)])
    let names = try PostgresConnection(address).query(
      "SELECT worker, reader FROM stream_workers CROSS JOIN log_reads"
    )
    #expect(names.count == 1 && names.first?.first == names.first?.last)
  }
}
