import Foundation
import PostgresConnect
import TestSupport
import Testing

/// One log, one database and the programs: feeds the log in parts and holds the tables against the
/// oracle after each.
final class HostileTrial {
  /// How one part of the log is read.
  struct Step {
    /// Share of the log's lines that are there by then.
    var share: Double
    var untilEnd = true
    var arguments: [String] = []
    /// The last line of every file has no end yet.
    var unterminated = false
  }

  private let directory: TemporaryDirectory
  private let address: PostgresAddress
  private let log: HostileLog
  private let world: HostileWorld
  private let arguments: [String]
  private var written = 0

  init(_ world: HostileWorld, _ arguments: [String]) throws {
    self.world = world
    self.arguments = arguments
    directory = try TemporaryDirectory()
    address = try TemporaryCluster.database()
    log = try HostileLog(path: "\(directory.path)/log", partitions: world.shape.partitions)
  }

  func run(_ steps: [Step]) throws {
    for step in steps {
      try append(step)
      try runJob(step)
      try check(isFlushed: step.untilEnd)
    }
  }

  // MARK: - Running

  private var environment: [String: String] { ["DATABASE_URL": address.connectionString] }

  /// Each file grows by the same share, so that their relative progress stays as it is.
  private func append(_ step: Step) throws {
    let end = min(world.lines.count, Int(Double(world.lines.count) * step.share))
    var taken: ArraySlice<HostileLine> = []
    for partition in 0..<world.shape.partitions {
      let own = world.lines.filter { $0.partition == partition }
      taken += own[count(own, written)..<count(own, end)]
    }
    written = end
    try log.append(taken, unterminated: step.unterminated)
  }

  private func count(_ lines: [HostileLine], _ end: Int) -> Int {
    world.lines.isEmpty ? 0 : lines.count * end / world.lines.count
  }

  private func runJob(_ step: Step) throws {
    let arguments = ["run", "--from", "file:log"] + arguments + step.arguments
    if step.untilEnd {
      let outcome = try ProgramRun.run(
        "stream-job",
        arguments + ["--until-end"],
        in: directory,
        environment: environment
      )
      try #require(outcome.exitCode == 0, "\(outcome.errors)")
      return
    }
    let job = try ProgramRun.start("stream-job", arguments, in: directory, environment: environment)
    let wanted = log.records.values.reduce(0, +)
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    for _ in 0..<400 {
      let rows = try connection.query(
        "SELECT coalesce(sum(clicks_records + checkouts_records), 0) FROM ecommerce.stream_progress"
      )
      if rows.first?.first == "\(wanted)" { break }
      usleep(50_000)
    }
    job.send(SIGTERM)
    let outcome = try job.wait()
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
  }

  // MARK: - Checking

  private func check(isFlushed: Bool) throws {
    let verify = try ProgramRun.run(
      "stream-job",
      ["verify"],
      in: directory,
      environment: environment
    )
    #expect(verify.exitCode == 0, "\(verify.output)\(verify.errors)")
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    let oracle = HostileOracle(log.events)
    try checkRawRows(connection, oracle)
    try checkAnswers(connection, oracle, isFlushed: isFlushed)
    try checkCounts(connection, oracle)
    try checkDeadLetters(connection)
  }

  private func checkRawRows(_ connection: PostgresConnection, _ oracle: HostileOracle) throws {
    let clicks = try connection.query(
      """
      SELECT event_id, user_id, \(Self.micros("event_timestamp")), product_price,
        \(HostileEvent.clickTexts.joined(separator: ", "))
      FROM ecommerce.raw_clicks
      """
    )
    Self.expectSame(clicks.map(ByteRow.init), oracle.rawClicks, "raw_clicks")
    let checkouts = try connection.query(
      """
      SELECT event_id, user_id, \(Self.micros("event_timestamp")), total_amount,
        \(HostileEvent.checkoutTexts.joined(separator: ", ")), items, shipping_address
      FROM ecommerce.raw_checkouts
      """
    )
    Self.expectSame(
      checkouts.map { ByteRow($0.dropLast(2)) },
      oracle.rawCheckouts,
      "raw_checkouts"
    )
    var wanted: [[UInt8]: HostileEvent] = [:]
    for checkout in oracle.checkouts { wanted[Array(checkout.id.utf8)] = checkout }
    for row in checkouts {
      let event = wanted[Array((row[0] ?? "").utf8)]
      let same = try connection.query(
        "SELECT $1::jsonb IS NOT DISTINCT FROM $2::jsonb, $3::jsonb IS NOT DISTINCT FROM $4::jsonb",
        [row[6], event?.items, row[7], event?.address]
      )
      #expect(same == [["t", "t"]], "items and address of \(row[0] ?? "")")
    }
  }

  private func checkAnswers(
    _ connection: PostgresConnection,
    _ oracle: HostileOracle,
    isFlushed: Bool
  ) throws {
    let dropped = try connection.query(
      "SELECT stream || event_id FROM ecommerce.late_events WHERE outcome = 'dropped'"
    ).map { Array(($0[0] ?? "").utf8) }
    if !arguments.contains("drop"), world.shape.strays + world.shape.ancient == 0 {
      #expect(dropped.isEmpty)
    }
    let wanted = oracle.answers(window: world.shape.window, without: Set(dropped))
    let rows = try connection.query(
      """
      SELECT checkout_id, user_id, \(Self.micros("checkout_timestamp")), attributed_click_id,
        attributed_product_id, attributed_product_name, attributed_category, traffic_source,
        device_type, \(Self.micros("first_click_timestamp")), revenue, attribution_window_seconds,
        clicks_in_window, is_final, revision
      FROM ecommerce.attributed_checkouts
      """
    )
    var found: [[UInt8]: ByteRow] = [:]
    for row in rows {
      let id = Array((row[0] ?? "").utf8)
      #expect(found[id] == nil, "\(row[0] ?? "") appears twice")
      found[id] = ByteRow(row.dropLast(2).map { $0 })
      let isFinal = row[13] == "t"
      if isFlushed { #expect(isFinal, "\(row[0] ?? "") is not final") }
      guard var expected = wanted[id] else {
        Issue.record("unexpected answer \(row)")
        continue
      }
      if !isFinal { expected.columns[12] = found[id]?.columns[12] ?? nil }
      #expect(found[id] == expected)
    }
    let missing = wanted.filter { found[$0.key] == nil }
    guard !isFlushed || !missing.isEmpty else { return }
    // Only rows that are not final yet may be missing, and only where no early ones are written.
    let watermark =
      try connection.query(
        "SELECT min(\(Self.micros("watermark"))) FROM ecommerce.stream_progress WHERE isfinite(watermark)"
      ).first?[0].flatMap { Int($0) } ?? Int.min
    for row in missing.values {
      let time = row.columns[2].flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? Int.min
      #expect(arguments.contains("final") && !isFlushed && time >= watermark, "missing: \(row)")
    }
  }

  private func checkCounts(_ connection: PostgresConnection, _ oracle: HostileOracle) throws {
    for stream in ["clicks", "checkouts"] {
      let row = try connection.query(
        """
        SELECT sum(\(stream)_records), sum(\(stream)_stored), sum(\(stream)_duplicates),
          sum(\(stream)_dead_letters),
          sum(\(stream)_late) = (SELECT count(*) FROM ecommerce.late_events WHERE stream = '\(stream)'),
          sum(\(stream)_late_dropped) = (
            SELECT count(*) FROM ecommerce.late_events
            WHERE stream = '\(stream)' AND outcome = 'dropped'
          )
        FROM ecommerce.stream_progress
        """
      ).first
      let stored = stream == "clicks" ? oracle.clicks.count : oracle.checkouts.count
      let dead = log.deadLetters.keys.count { $0.stream == stream }
      let wanted = [log.records[stream] ?? 0, stored, oracle.duplicates[stream] ?? 0, dead]
      #expect(row.map { Array($0.prefix(4)) } == wanted.map { "\($0)" }, "\(stream)")
      #expect(row.map { Array($0.suffix(2)) } == ["t", "t"], "late \(stream)")
    }
  }

  private func checkDeadLetters(_ connection: PostgresConnection) throws {
    let rows = try connection.query(
      """
      SELECT stream, task, log_offset, byte_count, encode(message, 'hex'), reason
      FROM ecommerce.dead_letters
      """
    )
    #expect(rows.count == log.deadLetters.count)
    for row in rows {
      let letter = HostileLog.DeadLetter(
        stream: row[0] ?? "",
        partition: row[1].flatMap { Int($0) } ?? -1,
        offset: row[2].flatMap { Int($0) } ?? -1,
        byteCount: row[3].flatMap { Int($0) } ?? -1,
        message: Self.bytes(hexadecimal: row[4] ?? "")
      )
      let reason = log.deadLetters[letter]
      #expect(reason != nil, "no such poison was written: \(row)")
      #expect(row[5]?.contains(reason ?? "?") ?? false, "\(row[5] ?? "") for \(reason ?? "?")")
    }
  }

  // MARK: - Values

  private static func micros(_ column: String) -> String {
    "(extract(epoch FROM \(column)) * 1000000)::bigint"
  }

  private static func bytes(hexadecimal text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16) ?? 0
    }
  }

  private static func expectSame(_ found: [ByteRow], _ wanted: [ByteRow], _ table: String) {
    var surplus: [ByteRow: Int] = [:]
    for row in found { surplus[row, default: 0] += 1 }
    for row in wanted { surplus[row, default: 0] -= 1 }
    let differences = surplus.filter { $0.value != 0 }.sorted { $0.key < $1.key }.prefix(6)
    #expect(
      differences.isEmpty,
      "\(table): \(differences.map { "\($0.value > 0 ? "too many" : "missing"): \($0.key)" })"
    )
  }
}
