import Connect
import FileInput
import Foundation
import TestSupport
import Testing

@testable import Batch

@Suite
struct AttributionJobTests {
  @Test(arguments: 1...12)
  func `answers are those of the rule, whatever files, threads, chunks and memory`(
    seed: Int
  ) throws {
    let world = EventWorld(
      seed: UInt64(seed),
      clicks: 100 * seed,
      checkouts: 30 * seed,
      users: [3, 40, 500][seed % 3],
      span: [3600, 20_000, 200_000][seed / 3 % 3]
    )
    let expected = world.answers(window: 3600)
    try withTemporaryDirectory { directory in
      for format in EventFileFormat.allCases {
        let count = [7, 1000, 100][seed % 3]
        var run = Attributing(
          clicks: try world.clicks.write(format, into: directory, named: "c", eachOf: count),
          checkouts: try world.checkouts.write(format, into: directory, named: "k", eachOf: count)
        )
        run.settings.temporaryDirectory = directory
        run.settings.workers = 1 + seed % 4
        run.settings.chunkByteCount = [50, 1000, 100_000][seed % 3]
        run.settings.partitionByteCount = [1000, 10_000, 1_000_000][(seed + 1) % 3]
        run.settings.memoryByteCount = [1 << 10, 1 << 16, 1 << 30][(seed + 2) % 3]
        let (text, summary) = try run.run(to: "\(directory)/out.csv")
        #expect(comparableRows(text) == expected)
        #expect(summary.answers == expected.count)
        #expect(summary.attributed == expected.count { !$0.contains("||") })
        #expect(summary.clicks.events == world.clicks.count)
        #expect(summary.checkouts.events == world.checkouts.count)
        #expect(
          summary.checkouts.events - summary.checkouts.duplicates == summary.answers
        )
      }
    }
  }

  @Test
  func `rows come in the same order whatever threads, chunks and memory`() throws {
    let world = EventWorld(seed: 5, clicks: 3000, checkouts: 1000, users: 100, span: 50_000)
    try withTemporaryDirectory { directory in
      var run = Attributing(
        clicks: try world.clicks.write(.jsonl, into: directory, named: "c", eachOf: 500),
        checkouts: try world.checkouts.write(.jsonl, into: directory, named: "k", eachOf: 500)
      )
      run.settings.partitionByteCount = 20_000
      run.settings.temporaryDirectory = directory
      let (expected, _) = try run.run(to: "\(directory)/first.csv")
      for (workers, chunk, memory) in [(1, 1 << 20, 1 << 30), (4, 300, 1 << 12), (2, 77, 1 << 18)] {
        run.settings.workers = workers
        run.settings.chunkByteCount = chunk
        run.settings.memoryByteCount = memory
        #expect(try run.run(to: "\(directory)/other.csv").text == expected)
      }
    }
  }

  @Test
  func `more threads than writers have numbers are as many as these`() throws {
    try withTemporaryDirectory { directory in
      let path = "\(directory)/none.jsonl"
      try "".write(toFile: path, atomically: false, encoding: .utf8)
      var run = Attributing(clicks: path, checkouts: path)
      for (wanted, workers) in [(5000, 4096), (4096, 4096), (3, 3)] {
        run.settings.workers = wanted
        #expect(try run.job().settings.workers == workers)
      }
    }
  }

  @Test
  func `CSV and JSON lines of the same events give the same file`() throws {
    let world = EventWorld(seed: 6, clicks: 2000, checkouts: 600, users: 30, span: 10_000)
    try withTemporaryDirectory { directory in
      var texts: [String] = []
      for format in EventFileFormat.allCases {
        let run = Attributing(
          clicks: try world.clicks.write(format, into: directory, named: "c", eachOf: 700),
          checkouts: try world.checkouts.write(format, into: directory, named: "k", eachOf: 700)
        )
        texts.append(try run.run(to: "\(directory)/out.csv").text)
      }
      #expect(texts[0] == texts[1])
      #expect(texts[0].contains("\"p7, \"\"the\"\" best\nso far\",,direct,,"))
    }
  }

  @Test
  func `what does not fit the memory is written out, and no file stays`() throws {
    let world = EventWorld(seed: 7, clicks: 20_000, checkouts: 4000, users: 900, span: 90_000)
    try withTemporaryDirectory { directory in
      let spill = "\(directory)/spill"
      try FileManager.default.createDirectory(
        atPath: spill,
        withIntermediateDirectories: false
      )
      var run = Attributing(
        clicks: try world.clicks.write(.jsonl, into: directory, named: "c", eachOf: 9000),
        checkouts: try world.checkouts.write(.jsonl, into: directory, named: "k", eachOf: 9000)
      )
      run.settings.partitionByteCount = 100_000
      run.settings.memoryByteCount = 100_000
      run.settings.temporaryDirectory = spill
      let (text, summary) = try run.run(to: "\(directory)/out.csv")
      #expect(comparableRows(text) == world.answers(window: 3600))
      #expect(summary.spilledBytes > 500_000)
      #expect(try FileManager.default.contentsOfDirectory(atPath: spill).isEmpty)
      run.settings.temporaryDirectory = "\(directory)/none"
      let failure = message { try run.run(to: "\(directory)/none.csv") }
      #expect(
        failure.hasPrefix("could not make a temporary file in \"\(directory)/none\": No such file")
      )
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory).allSatisfy {
          !$0.hasPrefix("none.csv")
        }
      )
    }
  }

  @Test
  func `a text longer than a block of memory stays whole`() throws {
    try withTemporaryDirectory { directory in
      let name = String(repeating: "x", count: 300_000)
      let click =
        "{\"event_id\":\"c\",\"user_id\":\"u\",\"timestamp\":\"2025-01-01T00:00:00Z\","
        + "\"product_id\":\"p\",\"product_name\":\"\(name)\"}\n"
      let checkout =
        "{\"event_id\":\"k\",\"user_id\":\"u\",\"timestamp\":\"2025-01-01T00:10:00Z\","
        + "\"total_amount\":1}\n"
      try click.write(toFile: "\(directory)/c.jsonl", atomically: false, encoding: .utf8)
      try checkout.write(toFile: "\(directory)/k.jsonl", atomically: false, encoding: .utf8)
      let run = Attributing(clicks: "\(directory)/c.jsonl", checkouts: "\(directory)/k.jsonl")
      let (text, _) = try run.run(to: "\(directory)/out.jsonl")
      #expect(
        text == "{\"checkout_id\":\"k\",\"user_id\":\"u\","
          + "\"checkout_timestamp\":\"2025-01-01T00:10:00.000000Z\",\"attributed_click_id\":\"c\","
          + "\"first_click_timestamp\":\"2025-01-01T00:00:00.000000Z\",\"clicks_in_window\":1,"
          + "\"revenue\":1.00,\"attributed_product_id\":\"p\","
          + "\"attributed_product_name\":\"\(name)\",\"attributed_category\":null,"
          + "\"traffic_source\":null,\"device_type\":null,\"attribution_window_seconds\":600}\n"
      )
    }
  }
}
