import Batch
import Foundation
import PostgresConnect
import TestSupport
import Testing

/// Ids that several users have: an id is one event's, and the first in input order has it.
@Suite
struct SharedIDTests {
  private static let header = "event_id,user_id,timestamp,"

  /// The job over two files, of which the rows are given.
  private func attribute(
    clicks: [String],
    checkouts: [String]
  ) throws -> (rows: [String], summary: AttributionJob.Summary) {
    try withTemporaryDirectory { directory in
      let (c, k) = ("\(directory)/c.csv", "\(directory)/k.csv")
      try (["\(Self.header)product_id"] + clicks).joined(separator: "\n")
        .write(toFile: c, atomically: false, encoding: .utf8)
      try (["\(Self.header)total_amount"] + checkouts).joined(separator: "\n")
        .write(toFile: k, atomically: false, encoding: .utf8)
      var run = Attributing(clicks: c, checkouts: k)
      // Every user in a partition of his own, about.
      run.settings.partitionByteCount = 1
      let (text, summary) = try run.run(to: "\(directory)/out.csv")
      return (comparableRows(text), summary)
    }
  }

  @Test
  func `a checkout_id of two users is one checkout, the first one's`() throws {
    let (rows, summary) = try attribute(
      clicks: ["c1,u1,2025-01-01T00:00:00Z,p", "c1,u2,2025-01-01T00:00:00Z,p"],
      checkouts: ["k1,u1,2025-01-01T00:10:00Z,5", "k1,u2,2025-01-01T00:10:00Z,6"]
    )
    #expect(rows == ["k1|u1|c1|1|5.00"])
    #expect((summary.clicks.events, summary.clicks.duplicates) == (2, 1))
    #expect((summary.checkouts.events, summary.checkouts.duplicates) == (2, 1))
  }

  @Test
  func `the first one is the first in the input, not in time, and each stream has its own`() throws
  {
    let (rows, summary) = try attribute(
      clicks: ["k1,u2,2025-01-01T00:09:00Z,p", "k1,u1,2025-01-01T00:00:00Z,p"],
      checkouts: [
        "k1,u2,2025-01-01T00:10:00Z,5", "k1,u1,2025-01-01T00:05:00Z,6",
        "k2,u1,2025-01-01T00:10:00Z,7", "k1,u2,2025-01-01T00:11:00Z,8",
      ]
    )
    #expect(rows == ["k1|u2|k1|1|5.00", "k2|u1||0|7.00"])
    #expect(summary.clicks.duplicates == 1)
    #expect(summary.checkouts.duplicates == 2)
  }

  @Test(arguments: 1...12)
  func `an id counts once, whatever files, threads, chunks and memory`(seed: Int) throws {
    var world = EventWorld(
      seed: UInt64(400 + seed),
      clicks: 150 * seed,
      checkouts: 60 * seed,
      users: [2, 30, 700][seed % 3],
      span: [3600, 20_000, 200_000][seed / 3 % 3]
    )
    world.shareIDs(seed: UInt64(seed), oneIn: [1, 3, 50][seed / 2 % 3])
    let expected = world.answers(window: 3600)
    try withTemporaryDirectory { directory in
      let count = [70, 1000, 20_000][seed % 3]
      var run = Attributing(
        clicks: try world.clicks.write(.csv, into: directory, named: "c", eachOf: count),
        checkouts: try world.checkouts.write(.jsonl, into: directory, named: "k", eachOf: count)
      )
      run.settings.temporaryDirectory = directory
      run.settings.partitionByteCount = [1000, 10_000, 1_000_000][seed / 3 % 3]
      var first: String?
      for (workers, chunk, memory) in [(1, 1 << 20, 1 << 30), (4, 300, 1 << 11), (3, 77, 1 << 16)] {
        run.settings.workers = workers
        run.settings.chunkByteCount = chunk
        run.settings.memoryByteCount = memory
        let (text, summary) = try run.run(to: "\(directory)/out.csv")
        #expect(comparableRows(text) == expected)
        #expect(text == first ?? text)
        first = text
        #expect(summary.clicks.events == world.clicks.count)
        #expect(summary.clicks.duplicates == world.clicks.count - Set(world.clicks.map(\.id)).count)
        #expect(summary.checkouts.events == world.checkouts.count)
        #expect(summary.checkouts.duplicates == world.checkouts.count - expected.count)
      }
    }
  }

  @Test
  func `the law holds for what files with shared ids gave`() throws {
    let address = try TemporaryCluster.database()
    var world = EventWorld(seed: 13, clicks: 2000, checkouts: 700, users: 40, span: 100_000)
    world.shareIDs(seed: 14, oneIn: 5)
    try withTemporaryDirectory { directory in
      var run = Attributing(
        clicks: try world.clicks.write(.csv, into: directory, named: "c", eachOf: 800),
        checkouts: try world.checkouts.write(.jsonl, into: directory, named: "k", eachOf: 800)
      )
      run.settings.partitionByteCount = 20_000
      run.settings.memoryByteCount = 1 << 16
      run.settings.temporaryDirectory = directory
      let job = try run.job()
      let load = try PostgresLoad(address, source: job.identity, rule: job.rule)
      defer { load.close() }
      #expect(try load.begin())
      _ = try job.run(into: DatabaseOutput(load))
      let report = try Verification(of: address).run()
      #expect(report.holds, "\(report.lines)")
      #expect(report.figures.expected == world.answers(window: 3600).count)
    }
  }
}
