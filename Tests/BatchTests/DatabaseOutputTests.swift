import Batch
import Connect
import FileInput
import Foundation
import PostgresConnect
import TestSupport
import Testing

@Suite
struct DatabaseOutputTests {
  private func count(_ table: String, at address: PostgresAddress) throws -> String? {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    return try connection.query("SELECT count(*) FROM ecommerce.\(table)").first?.first ?? nil
  }

  /// Loads; false when the files are stored already.
  private func load(_ run: Attributing, at address: PostgresAddress) throws -> Bool {
    let job = try run.job()
    let load = try PostgresLoad(address, source: job.identity, rule: job.rule)
    defer { load.close() }
    guard try load.begin() else { return false }
    _ = try job.run(into: DatabaseOutput(load))
    return true
  }

  @Test
  func `the law holds for what files gave, and the same files change nothing`() throws {
    let address = try TemporaryCluster.database()
    let world = EventWorld(seed: 11, clicks: 3000, checkouts: 900, users: 50, span: 200_000)
    try withTemporaryDirectory { directory in
      var run = Attributing(
        clicks: try world.clicks.write(.csv, into: directory, named: "c", eachOf: 800),
        checkouts: try world.checkouts.write(.jsonl, into: directory, named: "k", eachOf: 800)
      )
      run.settings.partitionByteCount = 20_000
      run.settings.memoryByteCount = 1 << 16
      run.settings.temporaryDirectory = directory
      try "{}\n".write(toFile: "\(directory)/k-9.jsonl", atomically: false, encoding: .utf8)
      #expect(try load(run, at: address))

      let report = try Verification(of: address).run()
      #expect(report.holds, "\(report.lines)")
      #expect(report.figures.expected == world.answers(window: 3600).count)
      #expect(try count("dead_letters", at: address) == "1")
      let connection = try PostgresConnection(address)
      defer { connection.close() }
      let whole = try connection.query(
        """
        SELECT count(*) FILTER (WHERE items <> '[{"quantity": 1}]'),
          (SELECT count(DISTINCT product_name) FROM ecommerce.raw_clicks WHERE referrer = 'direct')
        FROM ecommerce.raw_checkouts
        """
      )
      #expect(whole == [["0", "50"]])

      #expect(try !load(run, at: address))
      #expect(try Verification(of: address).run().holds)
      let others = Attributing(
        clicks: "\(directory)/c-0000.csv",
        checkouts: "\(directory)/k-0000.jsonl"
      )
      let refusal = message { _ = try load(others, at: address) }
      #expect(refusal.contains("holds the events of files:\(directory)/c-0000.csv and "))
      #expect(refusal.contains("Name another database for these files"))
    }
  }

  @Test
  func `a dead letter says which file and line it is of`() throws {
    let address = try TemporaryCluster.database()
    try withTemporaryDirectory { directory in
      let header = "event_id,user_id,timestamp,product_id\n"
      for (name, text) in [
        ("a.csv", header + "bad\nc1,u,2026-11-21T08:00:00Z,p\nc2,u,never,p\n"),
        ("b.csv", header + "bad\nc3,\"u\n1\",\"\n\",p\n"), ("c.jsonl", "bad\n"),
        ("k.jsonl", "\n{}\n"),
      ] { try text.write(toFile: "\(directory)/\(name)", atomically: false, encoding: .utf8) }
      let run = Attributing(
        clicks: "\(directory)/?.csv",
        "\(directory)/c.jsonl",
        checkouts: "\(directory)/k.jsonl"
      )
      #expect(try load(run, at: address))
      #expect(try Verification(of: address).run().holds)
      let connection = try PostgresConnection(address)
      defer { connection.close() }
      let places = try connection.query(
        """
        SELECT log_position, log_offset, task, stream
        FROM dead_letters ORDER BY log_position COLLATE "C"
        """
      )
      #expect(
        places.map { $0.map { $0?.replacing(directory + "/", with: "") } } == [
          ["a.csv:2:4", "38", "0", "clicks"], ["a.csv:4:6", "70", "0", "clicks"],
          ["b.csv:2:4", "38", "0", "clicks"], ["b.csv:4:5", "42", "0", "clicks"],
          ["c.jsonl:1:1", "0", "0", "clicks"], ["k.jsonl:2", "1", "0", "checkouts"],
        ]
      )
    }
  }

  @Test
  func `a run that fails leaves nothing in the tables`() throws {
    let address = try TemporaryCluster.database()
    let world = EventWorld(seed: 12, clicks: 500, checkouts: 200, users: 20, span: 9000)
    try withTemporaryDirectory { directory in
      var run = Attributing(
        clicks: try world.clicks.write(.jsonl, into: directory, named: "c", eachOf: 100),
        checkouts: try world.checkouts.write(.jsonl, into: directory, named: "k", eachOf: 100)
      )
      try "no\nno\n".write(toFile: "\(directory)/k-9.jsonl", atomically: false, encoding: .utf8)
      run.settings.maximumBadRows = 1
      #expect(message { _ = try load(run, at: address) }.hasPrefix("found more than 1 rows"))
      for table in ["raw_clicks", "attributions", "dead_letters", "stream_progress"] {
        #expect(try count(table, at: address) == "0")
      }
      run.settings.maximumBadRows = 2
      #expect(try load(run, at: address))
      #expect(try count("attributions", at: address) != "0")
    }
  }
}
