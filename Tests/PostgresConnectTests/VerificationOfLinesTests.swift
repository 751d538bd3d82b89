import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// What verify says when rows and lines that the job has written are changed by others.
///
/// ```
/// task 0    c0 of u0 -> x0 of u0, and a late click that changes nothing
/// task 1    c1 of u1 -> x1 of u1
/// ```
@Suite struct VerificationOfLinesTests {
  private let messages = Messages()
  private let address: PostgresAddress
  /// 2026-11-21 12:00:00.
  private static let noon: Int64 = 1_795_262_400_000_000

  init() throws {
    address = try TemporaryCluster.database()
    for task in 0..<2 { try commit(task, checkout: "x\(task)", of: "u\(task)") }
  }

  private func commit(_ task: Int, checkout id: String, of user: String) throws {
    let sink = try PostgresSink(address)
      .makeTask(task, source: "file:/log", rule: AttributionRule())
    _ = try sink.open()
    defer { sink.close() }
    let click = messages.click("c\(task)", user: user, at: Self.noon - 1, offset: 0)
    let late = messages.click("late", user: user, at: Self.noon - 20_000_000_000, offset: 1)
    let checkout = messages.checkout(id, user: user, at: Self.noon)
    let clicks = task == 0 ? [click, late] : [click]
    let epoch = sink.makeEpoch()
    epoch.append(
      ClickBatch(clicks),
      verdicts: Array([.onTime, .lateUnchecked].prefix(clicks.count)),
      watermark: EventTime(microseconds: Self.noon - 10_000_000_000)
    )
    epoch.append(CheckoutBatch([checkout]), verdicts: [.onTime], watermark: .beginning)
    epoch.append([messages.answer(.new, to: checkout, by: click, clicksInWindow: 1)])
    var progress = TaskProgress()
    progress.watermark = EventTime(microseconds: Self.noon - 300_000_000)
    progress.clicks.position = SourcePosition("clicks.jsonl:\(clicks.count * 100)")
    progress.clicks.counts.records = Int64(clicks.count)
    progress.clicks.counts.stored = Int64(clicks.count)
    progress.clicks.counts.late = Int64(clicks.count - 1)
    progress.checkouts.counts.records = 1
    progress.checkouts.counts.stored = 1
    _ = try sink.commit(epoch, progress: progress)
  }

  private func report(after damage: String) throws -> VerificationReport {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    try connection.execute(damage)
    return try Verification(of: address).run()
  }

  @Test func `what the job has written holds, a takeover too`() throws {
    _ = try PostgresSink(address).makeTask(0, source: "file:/log", rule: AttributionRule()).open()
    let report = try report(after: "SELECT 1")
    #expect(report.holds, "\(report.lines)")
  }

  @Test func `a line without a commit holds, and one of before the seals`() throws {
    _ = try PostgresSink(address).makeTask(2, source: "file:/log", rule: AttributionRule()).open()
    let report = try report(
      after: "UPDATE stream_progress SET seal = NULL, committed_at = '2020-01-01' WHERE task = 0"
    )
    #expect(report.holds, "\(report.lines)")
  }

  private static let changedLine =
    "task 0: something else than the job has changed its line in stream_progress"

  /// A change, and the lines that tell of it.
  static let damages: [(sql: String, lines: [String])] = [
    (
      "DELETE FROM late_events",
      [
        "clicks: 3 read = 3 stored + 0 duplicates + 0 dead letters DOES NOT ADD UP: "
          + "late_events holds 0 of 1 late, 0 of 0 dropped"
      ]
    ),
    (
      "UPDATE attributions SET task = 1",
      [
        "task 0: 0 rows in attributed_checkouts, expected 1",
        "task 1: 2 rows in attributed_checkouts, expected 1",
      ]
    ),
    (
      "UPDATE attributions SET task = 7 WHERE task = 0",
      [
        "task 0: 0 rows in attributed_checkouts, expected 1",
        "task 7: 1 rows in attributed_checkouts, expected 0",
      ]
    ),
    (
      "UPDATE stream_progress SET watermark = watermark - interval '1 microsecond' WHERE task = 0",
      [changedLine]
    ),
    ("UPDATE stream_progress SET clicks_position = NULL WHERE task = 0", [changedLine]),
    ("UPDATE stream_progress SET checkouts_rebuild_position = 'x' WHERE task = 0", [changedLine]),
    ("UPDATE stream_progress SET greatest_event_time = '-infinity' WHERE task = 0", [changedLine]),
    ("UPDATE stream_progress SET epoch = 0 WHERE task = 0", [changedLine]),
    ("UPDATE stream_progress SET window_seconds = 3601 WHERE task = 0", [changedLine]),
    ("UPDATE stream_progress SET seal = NULL WHERE task = 0", [changedLine]),
    ("UPDATE stream_progress SET seal = NULL, epoch = 0 WHERE task = 0", [changedLine]),
    (
      "DELETE FROM stream_progress",
      [
        "clicks: 0 read = 0 stored + 0 duplicates + 0 dead letters DOES NOT ADD UP: "
          + "raw_clicks holds 3 rows, dead_letters 0, late_events holds 1 of 0 late, 0 of 0 dropped",
        "checkouts: 0 read = 0 stored + 0 duplicates + 0 dead letters DOES NOT ADD UP: "
          + "raw_checkouts holds 2 rows, dead_letters 0",
        "task 0: 1 rows in attributed_checkouts, expected 0",
        "task 1: 1 rows in attributed_checkouts, expected 0",
      ]
    ),
  ]

  @Test(arguments: damages.indices)
  func `a change by others is told`(index: Int) throws {
    let (damage, lines) = Self.damages[index]
    let report = try report(after: damage)
    #expect(!report.holds)
    #expect(report.lines.filter { $0.hasPrefix("task") || $0.contains("DOES NOT") } == lines)
  }

  @Test func `final rows may wait, but not be too many`() throws {
    let report = try report(
      after: """
        UPDATE stream_progress SET emission = 'final', watermark = '-infinity', seal = NULL,
          committed_at = '2020-01-01';
        DELETE FROM attributions WHERE task = 0;
        UPDATE attributions SET task = 0;
        INSERT INTO attributions
        SELECT 'x9', user_id, checkout_timestamp, revenue, click_id, click_timestamp, product_id,
          product_name, product_category, referrer, device_type, clicks_in_window, 0, 0, now()
        FROM attributions
        """
    )
    #expect(
      report.lines.filter { $0.hasPrefix("task") }
        == ["task 0: 2 rows in attributed_checkouts, expected 1"]
    )
  }

  @Test func `an id that users of two tasks have is told`() throws {
    try commit(2, checkout: "x0", of: "u2")
    let report = try report(after: "SELECT 1")
    #expect(!report.holds)
    let told = report.lines.drop { !$0.hasPrefix("checkout_ids") }.prefix(3)
    #expect(
      Array(told) == [
        "checkout_ids of several users: 1, an event_id must be unique",
        "  x0: of u0, task 0", "  x0: of u2, task 2",
      ]
    )
  }
}
