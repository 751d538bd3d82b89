import Batch
import Connect
import FileInput
import Foundation
import TestSupport
import Testing

@Suite
struct AttributionInputTests {
  private static let header =
    "checkout_id,user_id,checkout_timestamp,attributed_click_id,first_click_timestamp,"
    + "clicks_in_window,revenue,attributed_product_id,attributed_product_name,"
    + "attributed_category,traffic_source,device_type,attribution_window_seconds\n"

  private static let clickHeader = "event_id,user_id,timestamp,product_id\n"
  private static let checkoutHeader = "event_id,user_id,timestamp,total_amount\n"

  /// What a run over two files gives: the text it writes, or what it says.
  private func outcome(
    clicks: String,
    checkouts: String,
    as suffix: String = "csv",
    _ change: (inout AttributionJob.Settings) -> Void = { _ in }
  ) throws -> (text: String, samples: [String]) {
    try withTemporaryDirectory { directory in
      let (c, k) = ("\(directory)/c.\(suffix)", "\(directory)/k.\(suffix)")
      try clicks.write(toFile: c, atomically: false, encoding: .utf8)
      try checkouts.write(toFile: k, atomically: false, encoding: .utf8)
      var run = Attributing(clicks: c, checkouts: k)
      change(&run.settings)
      do {
        let job = try run.job()
        _ = try job.run(into: AnswerFile(path: "\(directory)/out.csv"))
        let text = try String(contentsOfFile: "\(directory)/out.csv", encoding: .utf8)
        return (text, job.badRows.samples.map { $0.text.replacing(directory + "/", with: "") })
      } catch {
        #expect(
          try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            == ["c.\(suffix)", "k.\(suffix)"]
        )
        return ("\(error)".replacing(directory + "/", with: ""), [])
      }
    }
  }

  @Test
  func `files without rows give a header`() throws {
    #expect(
      try outcome(clicks: Self.clickHeader, checkouts: Self.checkoutHeader).text == Self.header
    )
    #expect(try outcome(clicks: "", checkouts: "", as: "jsonl").text == Self.header)
  }

  @Test
  func `a missing column is refused by name before anything is written`() throws {
    let text = try outcome(
      clicks: "event_id,user_id,product_id\n",
      checkouts: Self.checkoutHeader
    ).text
    #expect(
      text == "could not read \"c.csv\" (line 1): expected a column \"timestamp\", found none in "
        + "the header; the first line of a CSV file names its columns"
    )
    let two = try outcome(clicks: Self.clickHeader, checkouts: "event_id;user_id\n").text
    #expect(two.contains("\"k.csv\" (line 1): expected columns \"event_id\", \"user_id\""))
  }

  @Test
  func `rows that do not fit are counted with file, line and reason`() throws {
    let (text, samples) = try outcome(
      clicks: Self.clickHeader + "c1,u,2025-01-01 00:00:00,\"p\n1\"\nc2,u\nc3,u,never,p\n",
      checkouts: Self.checkoutHeader + "k1,u,2025-01-01T00:30:00Z,5\n\"k2,u\n"
    )
    #expect(text.hasSuffix(",c1,2025-01-01T00:00:00.000000Z,1,5.00,\"p\n1\",,,,,1800\n"))
    #expect(
      samples == [
        "c.csv:4:5: not CSV: expected as many cells as the header has, found the end of the message",
        "c.csv:5:6: \"timestamp\": expected a time such as 2026-11-21T08:15:30.5Z, found \"never\"",
        "k.csv:3:1: not CSV: expected a closing quote, found \"k2,u\\n (byte 0)",
      ]
    )
  }

  @Test
  func `more rows than are allowed that do not fit end it`() throws {
    let clicks = Self.clickHeader + "a\nb\nc\n"
    let refused = try outcome(clicks: clicks, checkouts: Self.checkoutHeader) {
      $0.maximumBadRows = 2
    }
    #expect(
      refused.text == "found more than 2 rows that do not fit, such as c.csv:2:2: not CSV: "
        + "expected as many cells as the header has, found the end of the message; "
        + "correct the file, or allow more by --max-bad-rows"
    )
    let allowed = try outcome(clicks: clicks, checkouts: Self.checkoutHeader) {
      $0.maximumBadRows = 3
    }
    #expect(allowed.text == Self.header)
    #expect(allowed.samples.count == 3)
  }

  @Test
  func `the first bad rows are kept, whichever thread found them`() throws {
    let clicks = (0..<500).map { "{\"n\":\($0)}\n" }.joined()
    let (_, samples) = try outcome(clicks: clicks, checkouts: "", as: "jsonl") {
      $0.chunkByteCount = 64
      $0.workers = 4
    }
    #expect(samples.map { $0.prefix { $0 != " " } } == (1...10).map { "c.jsonl:\($0):" })
  }

  @Test
  func `a full disk is told, and what had the name before stays`() throws {
    let world = EventWorld(seed: 3, clicks: 10, checkouts: 2000, users: 3, span: 100)
    try withTemporaryDirectory { directory in
      let run = Attributing(
        clicks: try world.clicks.write(.csv, into: directory, named: "c", eachOf: 100),
        checkouts: try world.checkouts.write(.csv, into: directory, named: "k", eachOf: 3000)
      )
      let text = message { try run.run(to: "/dev/full") }
      #expect(text.contains("to /dev/full: No space left on device; make room on the disk"))
      let path = "\(directory)/out.csv"
      try "before".write(toFile: path, atomically: false, encoding: .utf8)
      let job = try run.job()
      job.requestStop()
      let stopped = message { _ = try job.run(into: AnswerFile(path: path)) }
      #expect(stopped == "the attribution was stopped before its end")
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "before")
      try run.run(to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8).hasPrefix("checkout_id,"))
    }
  }
}
