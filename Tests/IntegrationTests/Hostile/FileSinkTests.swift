import Foundation
import Testing

/// CSV files and JSON lines give the oracle's answers where nothing is late.
@Suite struct FileSinkTests {
  private let directory: TemporaryDirectory
  private let wanted: [[UInt8]: ByteRow]

  init() throws {
    directory = try TemporaryDirectory()
    let world = HostileWorld(.init(seed: 91, partitions: 3, late: 0))
    let log = try HostileLog(path: "\(directory.path)/log", partitions: 3)
    try log.append(world.lines[...], unterminated: true)
    wanted = HostileOracle(log.events).answers(window: HostileWorld.hour, without: [])
  }

  private func run(into sink: String) throws -> ProgramRun.Outcome {
    let outcome = try ProgramRun.run(
      "stream-job",
      ["run", "--from", "file:log", "--into", sink, "--until-end"],
      in: directory
    )
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
    return outcome
  }

  /// Compares rows by column name, times as written.
  private func expectAnswers(_ rows: [[String: String]]) {
    #expect(rows.count == wanted.count)
    for row in rows {
      let found = ByteRow([
        row["checkout_id"], row["user_id"], row["checkout_timestamp"].flatMap(Self.microseconds),
        row["attributed_click_id"], row["attributed_product_id"], row["attributed_product_name"],
        row["attributed_category"], row["traffic_source"], row["device_type"],
        row["first_click_timestamp"].flatMap(Self.microseconds), row["revenue"],
        row["attribution_window_seconds"], row["clicks_in_window"],
      ])
      #expect(found == wanted[Array((row["checkout_id"] ?? "").utf8)])
    }
  }

  @Test func `CSV files hold the answers`() throws {
    _ = try run(into: "csv:out")
    let file = directory.url.appendingPathComponent("out/attributed_checkouts.csv")
    var records = Self.csv(Array(try Data(contentsOf: file)))
    let header = records.removeFirst().map { $0 ?? "" }
    expectAnswers(
      records.map { record in
        var row: [String: String] = [:]
        for (name, value) in zip(header, record) { row[name] = value }
        return row
      }
    )
  }

  @Test func `JSON lines hold the answers`() throws {
    let lines = try run(into: "jsonl:-").output.utf8.split(separator: UInt8(ascii: "\n"))
    expectAnswers(
      try lines.map { line in
        let members = try JSONDecoder().decode([String: Member].self, from: Data(line))
        var row = members.compactMapValues(\.text)
        row["revenue"] = Self.number("revenue", in: Array(line))
        return row
      }
    )
  }

  // MARK: - Reading

  /// A string or a number; Foundation's older parser takes U+FEFF off the start of strings.
  private struct Member: Decodable {
    var text: String?

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      text = (try? value.decode(String.self)) ?? (try? value.decode(Int.self)).map { "\($0)" }
    }
  }

  /// Microseconds since 1970 of `2026-03-31T23:30:00.123456Z`.
  private static func microseconds(_ text: String) -> String? {
    guard let date = ISO8601DateFormatter().date(from: text.prefix(19) + "Z") else { return nil }
    let fraction = text.dropFirst(20).prefix { $0.isNumber }
    let digits = fraction + String(repeating: "0", count: 6 - fraction.count)
    return "\(Int(date.timeIntervalSince1970) * 1_000_000 + (Int(digits) ?? 0))"
  }

  /// The digits of a member as they are spelled, with two decimals.
  private static func number(_ name: String, in line: [UInt8]) -> String? {
    let text = String(decoding: line, as: UTF8.self)
    guard let key = text.range(of: "\"\(name)\":") else { return nil }
    return String(text[key.upperBound...].prefix { "-.0123456789".contains($0) })
  }

  /// Records of RFC 4180; an empty field without quotes is nil.
  private static func csv(_ bytes: [UInt8]) -> [[String?]] {
    var records: [[String?]] = [[]]
    var field: [UInt8] = []
    var (isQuoted, wasQuoted) = (false, false)
    func endField() {
      let isNull = field.isEmpty && !wasQuoted
      records[records.count - 1].append(isNull ? nil : String(decoding: field, as: UTF8.self))
      field = []
      wasQuoted = false
    }
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if isQuoted, byte != UInt8(ascii: "\"") {
        field.append(byte)
        continue
      }
      switch byte {
      case UInt8(ascii: "\"") where isQuoted && index < bytes.count && bytes[index] == byte:
        field.append(byte)
        index += 1
      case UInt8(ascii: "\""):
        isQuoted.toggle()
        wasQuoted = true
      case UInt8(ascii: ","): endField()
      case UInt8(ascii: "\n"):
        endField()
        records.append([])
      default: field.append(byte)
      }
    }
    return records.dropLast()
  }
}
