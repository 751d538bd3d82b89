import Attribution
import Connect
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// A load beside other jobs on its database.
@Suite struct PostgresLoadTests {
  private let messages = Messages()
  private let address: PostgresAddress

  init() throws { address = try TemporaryCluster.database() }

  @Test func `a job that is started on the same database ends a load under way`() throws {
    let load = try PostgresLoad(address, source: "files:a", rule: AttributionRule())
    defer { load.close() }
    #expect(try load.begin())
    let rows = load.makeRows()
    rows.append(
      CheckoutBatch([messages.checkout("k", user: "u", at: 1_767_256_200_000_000)]),
      verdicts: [.onTime]
    )
    try load.send(rows)
    let task = try PostgresSink(address, fault: nil)
      .makeTask(0, source: "file:/log", rule: AttributionRule())
    defer { task.close() }
    #expect(try task.open() == nil)
    let error = #expect(throws: ConnectorError.self) { try load.commit(TaskProgress()) }
    #expect(error?.kind == .transient)
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    #expect(
      try connection.query(
        """
        SELECT (SELECT count(*) FROM raw_checkouts), (SELECT string_agg(source, ' ')
          FROM stream_progress), (SELECT count(*) FROM pg_class WHERE relispartition AND relkind = 'r')
        """
      ) == [["0", "file:/log", "0"]]
    )
  }
}
