import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// Taking tasks over, committing, and what a lost connection may leave behind.
@Suite struct PostgresSinkTests {
  private let messages = Messages()
  private let address: PostgresAddress

  init() throws { address = try TemporaryCluster.database() }

  @Test func `a fresh task has no progress, a committed one reads it back`() throws {
    let sink = try task()
    #expect(try sink.open() == nil)
    #expect(try sink.open() == nil, "taking over without a commit is still fresh")
    let progress = progress(clickRecords: 3)
    _ = try sink.commit(epoch(sink, "a"), progress: progress)
    #expect(try task().open() == progress)
  }

  @Test func `a flushed task keeps the watermark of its data`() throws {
    let sink = try task()
    _ = try sink.open()
    var flushed = progress(clickRecords: 1)
    flushed.isFlushed = true
    _ = try sink.commit(epoch(sink, "a"), progress: flushed)
    #expect(try task().open() == flushed)
    #expect(try query("SELECT watermark FROM ecommerce.stream_progress") == [["infinity"]])
  }

  @Test func `the former owner is fenced at its next commit and writes nothing`() throws {
    let (former, latter) = (try task(), try task())
    _ = try former.open()
    _ = try former.commit(epoch(former, "a"), progress: progress(clickRecords: 1))
    _ = try latter.open()
    let error = #expect(throws: ConnectorError.self) {
      try former.commit(epoch(former, "b"), progress: progress(clickRecords: 2))
    }
    #expect(error?.kind == .fenced)
    #expect(try storedClicks() == ["a"])
    _ = try latter.commit(epoch(latter, "c"), progress: progress(clickRecords: 2))
    #expect(try storedClicks() == ["a", "c"])
  }

  @Test func `another log or another window is refused and nothing is touched`() throws {
    let sink = try task()
    _ = try sink.open()
    let otherLog = #expect(throws: ConnectorError.self) { try task(source: "file:/other").open() }
    #expect(otherLog?.kind == .permanent)
    #expect(
      otherLog?.message
        == "the database at \(address) holds task 0 of the log file:/log: expected file:/other"
    )
    var rule = AttributionRule()
    rule.window = .minutes(30)
    let otherWindow = #expect(throws: ConnectorError.self) { try task(rule: rule).open() }
    #expect(
      otherWindow?.message
        == "the database at \(address) was filled with a window of 3600 s: expected 1800 s"
    )
    #expect(try query("SELECT generation FROM ecommerce.stream_progress") == [["1"]])
  }

  @Test func `a new emission holds from the first commit on, a new late policy at once`() throws {
    _ = try task().open()
    var rule = AttributionRule()
    rule.emission = .final
    rule.latePolicy = .drop
    let sink = try task(rule: rule)
    _ = try sink.open()
    let stored = "SELECT emission, late_policy FROM ecommerce.stream_progress"
    #expect(try query(stored) == [["early", "drop"]])
    var progress = TaskProgress()
    progress.emission = .final
    _ = try sink.commit(sink.makeEpoch(), progress: progress)
    #expect(try query(stored) == [["final", "drop"]])
  }

  @Test func `a terminated connection is transient and the commit is repeated once`() throws {
    let sink = try task()
    _ = try sink.open()
    let first = epoch(sink, "a")
    try terminateSinks()
    #expect(kind { _ = try sink.commit(first, progress: progress(clickRecords: 1)) } == .transient)
    _ = try sink.commit(first, progress: progress(clickRecords: 1))
    #expect(try storedClicks() == ["a"])
    sink.recycle(first)
    #expect(first.byteCount == 0)
  }

  @Test func `a missing partition is transient and made again`() throws {
    let sink = try task()
    _ = try sink.open()
    _ = try sink.commit(epoch(sink, "a"), progress: progress(clickRecords: 1))
    let day = try #require(
      try query(
        "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'ecommerce.raw_clicks'::regclass"
      ).first?.first ?? nil
    )
    _ = try query("DROP TABLE \(day)")
    let second = epoch(sink, "b")
    #expect(kind { _ = try sink.commit(second, progress: progress(clickRecords: 2)) } == .transient)
    _ = try sink.commit(second, progress: progress(clickRecords: 2))
    #expect(try storedClicks() == ["b"])
  }

  @Test func `a commit whose answer was lost is found and not repeated`() throws {
    let sink = try task(fault: Fault("lost-commit-ack:2"))
    _ = try sink.open()
    _ = try sink.commit(epoch(sink, "a"), progress: progress(clickRecords: 1))
    var late = progress(clickRecords: 3)
    late.clicks.counts.stored = 3
    late.clicks.counts.late = 2
    // One late click that is stored already, and one beyond the horizon.
    let second = sink.makeEpoch()
    second.append(
      ClickBatch([
        messages.click("a", user: "u", at: Self.noon, offset: 1),
        messages.click("old", user: "u", at: Self.noon - 86_400_000_001, offset: 2),
      ]),
      verdicts: [.lateUnchecked, .lateUnchecked],
      watermark: EventTime(microseconds: Self.noon + 1)
    )
    #expect(kind { _ = try sink.commit(second, progress: late) } == .transient)
    let receipt = try sink.commit(second, progress: late)
    var expected = CommitReceipt()
    expected.lateClickDuplicates = 1
    expected.lateClicksDropped = 1
    #expect(receipt == expected)
    #expect(try storedClicks() == ["a", "old"])
    _ = try sink.commit(epoch(sink, "b"), progress: progress(clickRecords: 4))
    #expect(try query("SELECT epoch FROM ecommerce.stream_progress") == [["3"]])
  }

  @Test func `a takeover while the acknowledgement is lost is a fence`() throws {
    let sink = try task(fault: Fault("lost-commit-ack"))
    _ = try sink.open()
    let epoch = epoch(sink, "a")
    #expect(kind { _ = try sink.commit(epoch, progress: progress(clickRecords: 1)) } == .transient)
    _ = try task().open()
    #expect(kind { _ = try sink.commit(epoch, progress: progress(clickRecords: 1)) } == .fenced)
    #expect(try storedClicks() == ["a"])
  }

  @Test func `acknowledged commits that the server forgot are a rewind`() throws {
    let sink = try task()
    _ = try sink.open()
    _ = try sink.commit(epoch(sink, "a"), progress: progress(clickRecords: 1))
    _ = try sink.commit(epoch(sink, "b"), progress: progress(clickRecords: 2))
    // What a crash with asynchronous commit does to the line.
    _ = try query("UPDATE ecommerce.stream_progress SET epoch = 1")
    try terminateSinks()
    let third = epoch(sink, "c")
    #expect(kind { _ = try sink.commit(third, progress: progress(clickRecords: 3)) } == .transient)
    #expect(kind { _ = try sink.commit(third, progress: progress(clickRecords: 3)) } == .rewound)
    #expect(try sink.open() == progress(clickRecords: 2))
  }

  @Test func `a revision replaces a row that differs and leaves one that does not`() throws {
    let sink = try task()
    _ = try sink.open()
    let early = messages.click("early", user: "u", at: Self.noon - 2, product: "p1")
    let late = messages.click("late", user: "u", at: Self.noon - 1, product: "p2")
    let first = messages.checkout("x", user: "u", at: Self.noon)
    let second = messages.checkout("y", user: "u", at: Self.noon)
    let answers = sink.makeEpoch()
    answers.append([
      messages.answer(.new, to: first, by: late, clicksInWindow: 1),
      messages.answer(.new, to: second, by: nil, clicksInWindow: 0),
    ])
    _ = try sink.commit(answers, progress: TaskProgress())
    let revisions = sink.makeEpoch()
    revisions.append([
      messages.answer(.revision, to: first, by: early, clicksInWindow: 2),
      messages.answer(.revision, to: second, by: nil, clicksInWindow: 0),
    ])
    _ = try sink.commit(revisions, progress: TaskProgress())
    #expect(
      try query(
        """
        SELECT checkout_id, click_id, product_id, clicks_in_window, revision
        FROM ecommerce.attributions ORDER BY 1
        """
      ) == [["x", "early", "p1", "2", "1"], ["y", nil, nil, "0", "0"]]
    )
  }

  @Test func `an on-time resend with another time is left out and counted`() throws {
    let sink = try task(fault: Fault("lost-commit-ack:2"))
    _ = try sink.open()
    let original = messages.checkout("x", user: "u", at: Self.noon)
    let resend = messages.checkout("x", user: "u", at: Self.noon + 2)
    let other = messages.checkout("y", user: "u", at: Self.noon + 2)
    let click = messages.click("c", user: "u", at: Self.noon - 1)
    var progress = TaskProgress()
    progress.checkouts.counts.stored = 1
    let first = sink.makeEpoch()
    first.append(CheckoutBatch([original]), verdicts: [.onTime], watermark: .beginning)
    first.append([messages.answer(.new, to: original, by: nil, clicksInWindow: 0)])
    _ = try sink.commit(first, progress: progress)

    progress.checkouts.counts.stored = 4
    let second = sink.makeEpoch()
    second.append(
      CheckoutBatch([resend, other, messages.checkout("y", user: "u", at: Self.noon + 3)]),
      verdicts: [.onTime, .onTime, .onTime],
      watermark: .beginning
    )
    second.append([
      messages.answer(.revision, to: original, by: click, clicksInWindow: 1),
      messages.answer(.new, to: resend, by: nil, clicksInWindow: 0),
      messages.answer(.revision, to: resend, by: click, clicksInWindow: 7),
      messages.answer(.new, to: other, by: nil, clicksInWindow: 0),
    ])
    #expect(kind { _ = try sink.commit(second, progress: progress) } == .transient)
    var expected = CommitReceipt()
    expected.resentCheckouts = 2
    #expect(try sink.commit(second, progress: progress) == expected)

    let third = sink.makeEpoch()
    third.append([messages.answer(.revision, to: resend, by: nil, clicksInWindow: 9)])
    _ = try sink.commit(third, progress: progress.corrected(by: expected))
    #expect(
      try query("SELECT checkout_id, clicks_in_window FROM ecommerce.attributions ORDER BY 1")
        == [["x", "1"], ["y", "0"]]
    )
    #expect(try query("SELECT count(*) FROM ecommerce.raw_checkouts") == [["2"]])
    #expect(
      try query("SELECT checkouts_stored, checkouts_duplicates FROM ecommerce.stream_progress")
        == [["2", "2"]]
    )
  }

  @Test func `a second answer to a checkout of the same time is refused`() throws {
    let sink = try task()
    _ = try sink.open()
    let checkout = messages.checkout("x", user: "u", at: Self.noon)
    let epoch = sink.makeEpoch()
    epoch.append([messages.answer(.new, to: checkout, by: nil, clicksInWindow: 0)])
    _ = try sink.commit(epoch, progress: TaskProgress())
    #expect(kind { _ = try sink.commit(epoch, progress: TaskProgress()) } == .permanent)
  }

  /// A producer that spreads a user over partitions, or did so before.
  @Test func `a checkout that another task has answered is a duplicate`() throws {
    let checkout = messages.checkout("x", user: "u", at: Self.noon)
    let click = messages.click("c", user: "u", at: Self.noon - 1)
    var progress = TaskProgress()
    progress.checkouts.counts.stored = 1
    var expected = CommitReceipt()
    for number in 0..<2 {
      let sink = try task(number)
      _ = try sink.open()
      let first = sink.makeEpoch()
      first.append(CheckoutBatch([checkout]), verdicts: [.onTime], watermark: .beginning)
      first.append([messages.answer(.new, to: checkout, by: nil, clicksInWindow: 0)])
      #expect(try sink.commit(first, progress: progress) == expected)
      expected.resentCheckouts = 1
      guard number == 1 else { continue }
      let second = sink.makeEpoch()
      second.append([messages.answer(.revision, to: checkout, by: click, clicksInWindow: 1)])
      _ = try sink.commit(second, progress: progress.corrected(by: expected))
    }
    #expect(
      try query("SELECT checkout_id, click_id, task FROM ecommerce.attributions")
        == [["x", nil, "0"]]
    )
    #expect(try query("SELECT count(*) FROM ecommerce.raw_checkouts") == [["1"]])
  }

  @Test func `dropped events are given back for a rebuild`() throws {
    var rule = AttributionRule()
    rule.latePolicy = .drop
    let sink = try task(rule: rule)
    _ = try sink.open()
    let epoch = sink.makeEpoch()
    epoch.append(
      ClickBatch([
        messages.click("young", user: "u", at: Self.noon), messages.click("é", user: "u", at: 5),
      ]),
      verdicts: [.late, .late],
      watermark: EventTime(microseconds: Self.noon + 1)
    )
    _ = try sink.commit(epoch, progress: TaskProgress())
    let noon = EventTime(microseconds: Self.noon)
    #expect(try sink.droppedTimes(.clicks, since: noon) == [Array("young".utf8): [noon]])
    #expect(try sink.droppedTimes(.clicks, since: .beginning).count == 2)
    #expect(try sink.droppedTimes(.checkouts, since: .beginning).isEmpty)
  }

  @Test func `a missing permission is permanent and says what to grant`() throws {
    let role = "nobody_\(UInt32.random(in: 0...UInt32.max))"
    let owner = try PostgresConnection(address)
    try owner.execute(
      """
      CREATE ROLE \(role) LOGIN;
      GRANT USAGE ON SCHEMA ecommerce TO \(role);
      GRANT SELECT, INSERT, UPDATE ON ecommerce.stream_progress TO \(role);
      GRANT EXECUTE ON FUNCTION ecommerce.ensure_day_partitions(date[]) TO \(role)
      """
    )
    defer { _ = try? owner.execute("DROP OWNED BY \(role); DROP ROLE \(role)") }
    let limited = try PostgresAddress(address.connectionString.replacing(user: role))
    let sink = try PostgresSink(limited).makeTask(0, source: "file:/log", rule: AttributionRule())
    _ = try sink.open()
    let error = #expect(throws: ConnectorError.self) {
      try sink.commit(epoch(sink, "a"), progress: progress(clickRecords: 1))
    }
    #expect(error?.kind == .permanent)
    #expect(
      error?.message
        == "permission denied for table raw_clicks (SQLSTATE 42501, \(limited.description))"
    )
    #expect(
      error?.hint == "Grant the role firstclick_writer to this user, or connect as the owner."
    )
  }

  @Test func `a database without the schema asks for a migration`() throws {
    try PostgresConnection(address).execute("DROP SCHEMA ecommerce CASCADE")
    let error = #expect(throws: ConnectorError.self) { try task().open() }
    #expect(error?.kind == .permanent)
    #expect(error?.hint == "The schema is missing or old: run `stream-job migrate`.")
  }

  // MARK: - Arrangement

  /// 2026-11-21 12:00:00.
  private static let noon: Int64 = 1_795_262_400_000_000

  private func task(
    _ number: Int = 0,
    source: String = "file:/log",
    rule: AttributionRule = AttributionRule(),
    fault: Fault? = nil
  ) throws -> any TaskSink {
    try PostgresSink(address, fault: fault).makeTask(number, source: source, rule: rule)
  }

  /// An epoch of one click.
  private func epoch(_ sink: any TaskSink, _ eventID: String) -> any Epoch {
    let epoch = sink.makeEpoch()
    epoch.append(
      ClickBatch([messages.click(eventID, user: "u", at: Self.noon)]),
      verdicts: [.onTime],
      watermark: .beginning
    )
    return epoch
  }

  private func progress(clickRecords: Int64) -> TaskProgress {
    var progress = TaskProgress()
    progress.watermark = EventTime(microseconds: Self.noon + 1)
    progress.clicks.position = SourcePosition("clicks.jsonl:\(clickRecords * 100)")
    progress.clicks.rebuildPosition = SourcePosition("clicks.jsonl:0")
    progress.clicks.watermark = EventTime(microseconds: Self.noon + 7)
    progress.clicks.counts.records = clickRecords
    progress.clicks.counts.stored = clickRecords
    progress.checkouts.counts.bytes = 1 << 40
    return progress
  }

  private func kind(_ body: () throws -> Void) -> ConnectorError.Kind? {
    do {
      try body()
      return nil
    } catch {
      return (error as? ConnectorError)?.kind
    }
  }

  private func terminateSinks() throws {
    _ = try query(
      """
      SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
      """
    )
  }

  private func storedClicks() throws -> [String?] {
    try query("SELECT event_id FROM ecommerce.raw_clicks ORDER BY 1").map { $0[0] }
  }

  private func query(_ sql: String) throws -> [[String?]] {
    try PostgresConnection(address).query(sql)
  }
}

extension String {
  /// The same address for another user.
  fileprivate func replacing(user: String) -> String {
    replacing(/user=[a-z]+/, with: "user=\(user)")
  }
}
