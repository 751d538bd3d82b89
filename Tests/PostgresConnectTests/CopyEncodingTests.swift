import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// What is encoded for binary COPY is what SELECT reads back.
@Suite struct CopyEncodingTests {
  private let messages = Messages()

  private static let edgeTexts: [String] = [
    "", "a", "fifteen bytes!!", "sixteen bytes !!", "seventeen bytes !",
    "quotes \" ' ` and \\ backslashes \\N \\.", "tab\tnewline\nreturn\r\u{1}\u{7F}",
    "žluťoučký 🐎 e\u{301} \u{FFFD} \u{10FFFF}", String(repeating: "é", count: 50),
    String(repeating: "x", count: 100), String(repeating: "long ", count: 200_000),
  ]

  @Test func `every text of a click comes back as it was`() throws {
    let rows = Self.edgeTexts.enumerated().map { index, text in
      messages.click(
        "c\(index)",
        user: String(text.prefix(50)),
        at: 0,
        product: text,
        texts: [text, nil, text, nil, text, text]
      )
    }
    let stored = try roundTrip(
      clicks: rows,
      select: """
        SELECT user_id, product_id, product_name, product_category, session_id, device_type,
          page_url, referrer FROM ecommerce.raw_clicks ORDER BY substr(event_id, 2)::int
        """
    )
    #expect(stored.count == rows.count)
    for (row, text) in zip(stored, Self.edgeTexts) {
      #expect(row == [String(text.prefix(50)), text, text, nil, text, nil, text, text])
    }
  }

  @Test(arguments: [
    (0, "0.00"), (1, "0.01"), (-1, "-0.01"), (99, "0.99"), (100, "1.00"), (-100, "-1.00"),
    (999_900, "9999.00"), (1_000_000, "10000.00"), (1_000_001, "10000.01"),
    (10_000_000_000, "100000000.00"), (10_000_000_100, "100000001.00"),
    (12_345_678_901, "123456789.01"), (999_999_999_999, "9999999999.99"),
    (-999_999_999_999, "-9999999999.99"),
  ])
  func `an amount comes back to the last digit`(hundredths: Int64, text: String) throws {
    let stored = try roundTrip(
      clicks: [messages.click("c", user: "u", at: 0, price: Money(hundredths: hundredths))],
      select: "SELECT product_price, product_price = '\(text)' FROM ecommerce.raw_clicks"
    )
    #expect(stored == [[text, "t"]])
  }

  @Test(arguments: [
    "0001-01-01T00:00:00.000000Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00.000000Z",
    "1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00.000000Z", "2026-11-21T08:15:30.123456Z",
    "2024-02-29T12:00:00.000001Z", "9999-12-31T23:59:59.999999Z",
  ])
  func `a time comes back to the microsecond`(text: String) throws {
    let connection = try PostgresConnection(TemporaryCluster.database())
    let seconds = try connection.query(
      "SELECT (extract(epoch FROM $1::timestamptz) * 1000000)::bigint",
      [text]
    )
    let microseconds = try #require(seconds.first?.first.flatMap { $0 }.flatMap { Int64($0) })
    let stored = try roundTrip(
      clicks: [messages.click("c", user: "u", at: microseconds)],
      select: """
        SELECT to_char(event_timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        FROM ecommerce.raw_clicks
        """
    )
    #expect(stored == [[text]])
    #expect(EventTime(microseconds: microseconds).postgresText == text)
  }

  @Test func `the ends of time and years of no or five digits have a text`() {
    #expect(EventTime.endOfInput.postgresText == "infinity")
    #expect(EventTime.beginning.postgresText == "-infinity")
    let yearOne = EventTime(microseconds: -62_135_596_800_000_000)
    #expect((yearOne - .minutes(5)).postgresText == "0001-12-31T23:55:00.000000Z BC")
    #expect((yearOne - .minutes(367 * 24 * 60)).postgresText == "0002-12-31T00:00:00.000000Z BC")
    let tenThousand = EventTime(microseconds: 253_402_300_800_000_000)
    #expect(tenThousand.postgresText == "010000-01-01T00:00:00.000000Z")
  }

  @Test func `checkouts keep their json`() throws {
    let deep = String(repeating: "[", count: 500) + "1" + String(repeating: "]", count: 500)
    let items = #"[{"product_id": "p\"1", "price": 12.50, "quantity": 2, "x": "é\\ \u00e9"}]"#
    let wide = "[" + (0..<50_000).map { "\($0)" }.joined(separator: ",") + "]"
    let rows = [
      messages.checkout("a", user: "u", at: 0, texts: [nil, nil, nil, nil]),
      messages.checkout("b", user: "u", at: 0, texts: ["", "card", items, #"{"city": ""}"#]),
      messages.checkout("c", user: "u", at: 0, texts: ["s", nil, deep, "{}"]),
      messages.checkout("d", user: "u", at: 0, texts: ["s", nil, wide, nil]),
    ]
    let stored = try roundTrip(
      checkouts: rows,
      select: """
        SELECT session_id, payment_method, items = $1::jsonb, items = $2::jsonb,
          items = $3::jsonb, shipping_address::text
        FROM ecommerce.raw_checkouts ORDER BY event_id
        """,
      [items, deep, wide]
    )
    #expect(stored.count == 4)
    #expect(
      stored == [
        [nil, nil, nil, nil, nil, nil], ["", "card", "t", "f", "f", #"{"city": ""}"#],
        ["s", nil, "f", "t", "f", "{}"], ["s", nil, "f", "f", "t", nil],
      ]
    )
  }

  @Test func `dead letters keep their first 4 KiB, bytes as they were`() throws {
    let address = try TemporaryCluster.database()
    let long = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
    try commitOne(to: address) { epoch in
      var placed = messages.reject(long, offset: 3, reason: "")
      placed.place = "shard 7:12"
      epoch.append(
        [
          messages.reject(nil, offset: 1, reason: "null payload"),
          messages.reject([], offset: 2, reason: "found \"\u{0}é\""),
          placed,
        ],
        of: .checkouts
      )
    }
    let kept = long.prefix(4096).map { String($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let stored = try PostgresConnection(address).query(
      """
      SELECT stream, task, log_offset, log_position, reason, byte_count, encode(message, 'hex')
      FROM ecommerce.dead_letters ORDER BY log_offset
      """
    )
    #expect(
      stored == [
        ["checkouts", "0", "1", nil, "null payload", "0", nil],
        ["checkouts", "0", "2", nil, "found \" é\"", "0", ""],
        ["checkouts", "0", "3", "shard 7:12", "", "5000", kept],
      ]
    )
  }

  @Test func `an answer keeps its click, or says that there was none`() throws {
    let address = try TemporaryCluster.database()
    let click = messages.click(
      "k",
      user: "u",
      at: 1_000_000,
      product: "p",
      texts: ["name", "category", nil, "phone", nil, nil]
    )
    let first = messages.checkout("a", user: "u", at: 2_000_000, amount: Money(hundredths: -1))
    let second = messages.checkout("b", user: "u", at: 3_000_000)
    try commitOne(to: address) { epoch in
      epoch.append([
        messages.answer(.new, to: first, by: click, clicksInWindow: 2),
        messages.answer(.new, to: second, by: nil, clicksInWindow: 0),
      ])
    }
    let stored = try PostgresConnection(address).query(
      """
      SELECT checkout_id, user_id, revenue, attributed_click_id, attributed_product_id,
        attributed_product_name, attributed_category, traffic_source, device_type,
        attribution_window_seconds, clicks_in_window, revision
      FROM ecommerce.attributed_checkouts ORDER BY checkout_id
      """
    )
    #expect(
      stored == [
        ["a", "u", "-0.01", "k", "p", "name", "category", nil, "phone", "1", "2", "0"],
        ["b", "u", "1.00", nil, nil, nil, nil, nil, nil, nil, "0", "0"],
      ]
    )
  }

  private func roundTrip(
    clicks: [ClickRecord] = [],
    checkouts: [CheckoutRecord] = [],
    select: String,
    _ parameters: [String?] = []
  ) throws -> [[String?]] {
    let address = try TemporaryCluster.database()
    try commitOne(to: address) { epoch in
      epoch.append(
        RecordBatch(clicks),
        verdicts: clicks.map { _ in .onTime },
        watermark: .beginning
      )
      epoch.append(
        RecordBatch(checkouts),
        verdicts: checkouts.map { _ in .onTime },
        watermark: .beginning
      )
    }
    return try PostgresConnection(address).query(select, parameters)
  }

  private func commitOne(
    to address: PostgresAddress,
    _ fill: (any Epoch) -> Void
  ) throws {
    let sink = try PostgresSink(address).makeTask(0, source: "test", rule: AttributionRule())
    _ = try sink.open()
    let epoch = sink.makeEpoch()
    fill(epoch)
    _ = try sink.commit(epoch, progress: TaskProgress())
    sink.close()
  }
}
