import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// Takeovers from a worker that hangs, in whatever state its session is.
@Suite struct TakeoverTests {
  private let messages = Messages()
  private let address: PostgresAddress

  init() throws { address = try TemporaryCluster.database() }

  private func task() throws -> any TaskSink {
    try PostgresSink(address, fault: nil).makeTask(
      0,
      source: "file:/log",
      rule: AttributionRule()
    )
  }

  /// A session of the task as a worker has it that stopped in the middle of something.
  private func hangingSession(_ statements: [String]) throws -> SinkSession {
    let session = try SinkSession(address, task: 0)
    for statement in statements { try session.connection.execute(statement) }
    return session
  }

  @Test func `a worker that hangs with the line locked is ended`() throws {
    _ = try task().open()
    let hanging = try hangingSession([
      "BEGIN", "UPDATE ecommerce.stream_progress SET epoch = epoch + 1 WHERE task = 0",
    ])
    #expect(try task().open() == nil)
    let error = #expect(throws: ConnectorError.self) { try hanging.connection.execute("COMMIT") }
    #expect(error?.kind == .transient)
  }

  @Test func `a worker that hangs in a COPY is ended, which no time-out does`() throws {
    _ = try task().open()
    let hanging = try hangingSession([
      "BEGIN",
      """
      INSERT INTO ecommerce.attributions
      VALUES ('k', 'u', '2026-01-01Z', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, now())
      """,
    ])
    try hanging.connection.copyIn("COPY ecommerce.dead_letters FROM STDIN")
    let sink = try task()
    _ = try sink.open()
    // The same answer, which the other's lock would hold up.
    let waiting = try PostgresConnection(address)
    defer { waiting.close() }
    try waiting.execute(
      """
      SET lock_timeout = '60s';
      INSERT INTO ecommerce.attributions
      VALUES ('k', 'u', '2026-01-01Z', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, now())
      """
    )
  }

  @Test func `a session that does nothing is left to be fenced`() throws {
    let former = try task()
    _ = try former.open()
    _ = try task().open()
    let error = #expect(throws: ConnectorError.self) {
      try former.commit(former.makeEpoch(), progress: TaskProgress())
    }
    #expect(error?.kind == .fenced)
  }

  /// The unique key refuses its rows before the line does.
  @Test func `a former owner whose answers the next one has given is fenced`() throws {
    let checkout = messages.checkout("k", user: "u", at: 1_767_256_200_000_000)
    func commit(to sink: any TaskSink) throws {
      let epoch = sink.makeEpoch()
      epoch.append(CheckoutBatch([checkout]), verdicts: [.onTime], watermark: .beginning)
      epoch.append([messages.answer(.new, to: checkout, by: nil, clicksInWindow: 0)])
      _ = try sink.commit(epoch, progress: TaskProgress())
    }
    let (former, latter) = (try task(), try task())
    _ = try former.open()
    _ = try latter.open()
    try commit(to: latter)
    let error = #expect(throws: ConnectorError.self) { try commit(to: former) }
    #expect(error?.kind == .fenced)
    #expect(error?.message == "another worker has taken task 0 over at \(address)")
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    #expect(try connection.query("SELECT count(*) FROM ecommerce.raw_checkouts") == [["1"]])
  }

  @Test func `the sessions of other tasks and databases are let be`() throws {
    let other = try PostgresSink(address, fault: nil)
      .makeTask(1, source: "file:/log", rule: AttributionRule())
    _ = try other.open()
    let elsewhere = try SinkSession(TemporaryCluster.database(), task: 0)
    try elsewhere.connection.execute("BEGIN")
    let neighbour = try SinkSession(address, task: 1)
    try neighbour.connection.execute("BEGIN")
    _ = try task().open()
    try elsewhere.connection.execute("COMMIT")
    try neighbour.connection.execute("COMMIT")
  }

  @Test func `a session that holds the lock by a pooler's fault is another program's`() throws {
    _ = try task().open()
    let stranger = try hangingSession(["SET application_name = 'ledger'", "BEGIN"])
    _ = try task().open()
    try stranger.connection.execute("COMMIT")
  }

  @Test func `a worker that hangs is ended whatever name its address gives it`() throws {
    let named = try PostgresAddress("\(address.connectionString)&application_name=etl")
    let hanging = try SinkSession(named, task: 0)
    try hanging.connection.execute("BEGIN")
    _ = try task().open()
    #expect(throws: ConnectorError.self) { try hanging.connection.execute("COMMIT") }
  }

  @Test func `a user who may not end the other's session takes over all the same`() throws {
    _ = try task().open()
    let admin = try PostgresConnection(address)
    defer { admin.close() }
    let name = "writer_\(UInt32.random(in: 0...UInt32.max))"
    try admin.execute("CREATE ROLE \(name) LOGIN; GRANT firstclick_writer TO \(name)")
    defer { _ = try? admin.execute("DROP ROLE \(name)") }
    let hanging = try hangingSession(["BEGIN", "SELECT FROM ecommerce.stream_progress"])
    let limited = try PostgresAddress(
      address.connectionString.replacing("user=postgres", with: "user=\(name)")
        .replacing("//postgres@", with: "//\(name)@")
    )
    try #require(limited.connectionString != address.connectionString)
    let sink = try PostgresSink(limited, fault: nil)
      .makeTask(0, source: "file:/log", rule: AttributionRule())
    #expect(try sink.open() == nil)
    sink.close()
    try hanging.connection.execute("COMMIT")
  }

  // MARK: Standings and gaps

  @Test func `standings tell commits and flushes`() throws {
    let sink = PostgresSink(address, fault: nil)
    #expect(try sink.standings(of: "file:/log").isEmpty)
    let task = try task()
    _ = try task.open()
    #expect(try sink.standings(of: "file:/log") == [0: TaskStanding(epoch: 0, isFlushed: false)])
    var progress = TaskProgress()
    progress.isFlushed = true
    _ = try task.commit(task.makeEpoch(), progress: progress)
    #expect(try sink.standings(of: "file:/log") == [0: TaskStanding(epoch: 1, isFlushed: true)])
    #expect(try sink.standings(of: "file:/other").isEmpty)
  }

  @Test func `databases have identities of their own, which stay`() throws {
    let other = try PostgresSink(TemporaryCluster.database(), fault: nil).sharedIdentity()
    let identity = try #require(try PostgresSink(address, fault: nil).sharedIdentity())
    #expect(identity != other)
    #expect(try PostgresSink(address, fault: nil).sharedIdentity() == identity)
    #expect(identity.contains(/^test_\d+-[0-9a-f]{8}$/))
  }

  @Test func `gaps are stored with their commit, and status and verify tell of them`() throws {
    let task = try task()
    _ = try task.open()
    let epoch = task.makeEpoch()
    epoch.append(Self.gap(from: nil, to: "20", records: nil), of: .clicks)
    epoch.append(Self.gap(from: "5", to: "8", records: 3), of: .checkouts)
    #expect(epoch.byteCount > 0)
    _ = try task.commit(epoch, progress: TaskProgress())
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let rows = try connection.query(
      """
      SELECT stream, task, from_position, to_position, records, reason
      FROM ecommerce.log_gaps ORDER BY stream
      """
    )
    #expect(
      rows == [
        ["checkouts", "0", "5", "8", "3", "retention"],
        ["clicks", "0", nil, "20", nil, "retention"],
      ]
    )
    let status = try #require(try StatusQuery(on: connection).tasks().first)
    #expect(status.gaps == GapCount(gaps: 2, records: nil))
    #expect(status.isHeld)
    task.close()
    let lines = try Verification(of: address).run().lines
    #expect(
      lines.contains(
        "clicks: 0 read = 0 stored + 0 duplicates + 0 dead letters; "
          + "1 gap of the log skipped, records, how many is not known, see log_gaps"
      )
    )
    #expect(
      lines.contains(
        "checkouts: 0 read = 0 stored + 0 duplicates + 0 dead letters; "
          + "1 gap of the log skipped, at most 3 records, see log_gaps"
      )
    )
  }

  @Test func `that a task was stopped is told until a worker opens it again`() throws {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let former = try task()
    _ = try former.open()
    let task = try task()
    _ = try task.open()
    try former.noteStop(for: "fenced: not to be kept")
    #expect(try StatusQuery(on: connection).tasks().first?.stop == nil)
    try task.noteStop(for: "offsets 3 to 8 are gone; --on-gap skip")
    let stop = try #require(try StatusQuery(on: connection).tasks().first?.stop)
    #expect(stop.reason == "offsets 3 to 8 are gone; --on-gap skip")
    #expect((0..<60).contains(stop.secondsSince))
    #expect(stop.stoppedAt.hasPrefix("20"))
    _ = try self.task().open()
    #expect(try StatusQuery(on: connection).tasks().first?.stop == nil)
  }

  private static func gap(from: String?, to: String, records: Int64?) -> LogGap {
    LogGap(
      from: from.map { SourcePosition($0) },
      to: SourcePosition(to),
      records: records,
      reason: "retention"
    )
  }

  @Test func `stored checkouts are answered again where the state was lost`() throws {
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    try connection.execute(
      """
      SELECT ecommerce.ensure_day_partitions(ARRAY['2026-01-01']::date[]);
      INSERT INTO ecommerce.raw_clicks (event_id, user_id, product_id, event_timestamp, ingested_at)
      VALUES ('c1', 'u', 'p', '2026-01-01 08:00Z', now()), ('c2', 'u', 'p', '2026-01-01 08:10Z', now());
      INSERT INTO ecommerce.attributions
      SELECT id, 'u', t::timestamptz, 1, 'c1', '2026-01-01 08:00Z', 'p',
        NULL, NULL, NULL, NULL, 9, task, 0, now()
      FROM (VALUES ('before', '2026-01-01 08:20Z', 0), ('within', '2026-01-01 08:30Z', 0),
        ('other', '2026-01-01 08:30Z', 1)) AS v (id, t, task)
      """
    )
    let task = try task()
    _ = try task.open()
    let epoch = task.makeEpoch()
    let start = EventTime(microseconds: 1_767_256_200_000_000)
    epoch.restate(start..<(start + .hours(1)))
    var progress = TaskProgress()
    progress.watermark = start + .hours(1)
    _ = try task.commit(epoch, progress: progress)
    let rows = try connection.query(
      "SELECT checkout_id, clicks_in_window, revision FROM ecommerce.attributions ORDER BY 1"
    )
    #expect(rows == [["before", "9", "0"], ["other", "9", "0"], ["within", "2", "1"]])
  }
}
