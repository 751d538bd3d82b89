import Testing

@testable import Events

/// One law of the codec a test, at its edges.
@Suite struct JSONTortureTests {
  private let base = [
    ("event_id", "\"c1\""), ("user_id", "\"u1\""), ("timestamp", "\"2026-11-21T08:15:30Z\""),
    ("product_id", "\"p1\""),
  ]

  /// The fields of a click with these members put in place or added; nil if it is rejected.
  private func click(_ changes: (String, String)...) -> DecodedFields? {
    var members = base
    for (name, value) in changes {
      if let index = members.firstIndex(where: { $0.0 == name }) {
        members[index].1 = value
      } else {
        members.append((name, value))
      }
    }
    return OneByOne().click(
      "{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8
    )
  }

  private func price(_ number: String) -> String? {
    click(("product_price", number))?["product_price"]
  }

  private func microseconds(_ time: String) -> String? {
    click(("timestamp", "\"\(time)\""))?["timestamp"]
  }

  private func reason(_ message: String) -> String {
    let decoder = OneByOne()
    #expect(decoder.click(message.utf8) == nil)
    return decoder.lastReason
  }

  @Test func `amounts are exact and rounded half away from zero`() {
    let cases = [
      ("0", "0"), ("-0", "0"), ("12.5", "1250"), ("0.005", "1"), ("-0.005", "-1"),
      ("0.0049999999999999999999999", "0"), ("1E2", "10000"), ("12345e-3", "1235"),
      ("12344e-3", "1234"), ("1e-400", "0"), ("-1e-400", "0"), ("1e9", "100000000000"),
      ("9999999999.994", "999999999999"), ("0.00000000000000000001e22", "10000"),
      ("0e99999999999999999999", "0"), ("1e-99999999999999999999", "0"), ("0.1", "10"),
      ("2.675", "268"), ("1.005", "101"), ("100000000000000000000e-20", "100"),
    ]
    for (number, hundredths) in cases { #expect(price(number) == hundredths, "\(number)") }
    for number in [
      "1e10", "9999999999.995", "-9999999999.995", "1e999999999999", "10000000000", "1e2147483648",
      "01", "+1", ".5", "1.", "1e", "1e+", "-", "0x1", "NaN", "Infinity", "\"12.5\"", "true", "[1]",
    ] { #expect(price(number) == nil, "\(number)") }
  }

  @Test func `an amount may have any number of digits`() {
    let zeros = String(repeating: "0", count: 100_000)
    #expect(price("12.34" + zeros + "1") == "1234")
    #expect(price("0.\(zeros)5e100001") == "500")
    #expect(price("5\(zeros)e-100000") == "500")
    #expect(price("1\(zeros)") == nil)
  }

  @Test func `times are RFC 3339, cut off after the microseconds`() {
    let second = 1_795_248_930
    for (time, expected) in [
      ("2026-11-21T08:15:30Z", "\(second)000000"), ("2026-11-21t08:15:30z", "\(second)000000"),
      ("2026-11-21T08:15:30.1Z", "\(second)100000"),
      ("2026-11-21T08:15:30.123456Z", "\(second)123456"),
      ("2026-11-21T08:15:30.123456789Z", "\(second)123456"),
      ("2026-11-21T08:15:30.999999999Z", "\(second)999999"),
      ("2026-11-21T13:45:30+05:30", "\(second)000000"),
      ("2026-11-21T13:45:30+0530", "\(second)000000"),
      ("2026-11-21T00:15:30.5-08", "\(second)500000"),
      ("2026-11-21T08:15:30-00:00", "\(second)000000"),
      ("1969-12-31T23:59:59.999999Z", "-1"), ("1970-01-01T00:00:00Z", "0"),
      ("0001-01-01T00:00:00Z", "-62135596800000000"),
      ("9999-12-31T23:59:59.999999Z", "253402300799999999"),
      ("2024-02-29T00:00:00Z", "1709164800000000"), ("2000-02-29T00:00:00Z", "951782400000000"),
    ] { #expect(microseconds(time) == expected, "\(time)") }
    for time in [
      "2026-11-21T08:15:30", "2026-11-21 08:15:30Z", "2026-11-21", "", "2026-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
      "2026-04-31T00:00:00Z",
      "2026-01-00T00:00:00Z", "0000-01-01T00:00:00Z", "2026-11-21T24:00:00Z",
      "2026-11-21T08:60:00Z",
      "2026-11-21T08:15:60Z", "2026-11-21T08:15:30.Z", "2026-11-21T08:15:30.1234567890Z",
      "2026-11-21T08:15Z", "2026-11-21T08:15:30+24:00", "2026-11-21T08:15:30+05:60",
      "2026-11-21T08:15:30+5:30", "2026-11-21T08:15:30+053", "2026-11-21T08:15:30ZZ",
      " 2026-11-21T08:15:30Z", "2026-11-21T08:15:30 Z", "20261121T081530Z", "2026-W47-6T08:15:30Z",
    ] { #expect(microseconds(time) == nil, "\(time)") }
  }

  @Test func `a time may be spelled with escapes`() {
    #expect(microseconds("2026\\u002d11-21T08:15:30\\u005A") == "1795248930000000")
    let all = "2026-11-21T08:15:30.123456789+00:00".unicodeScalars.map {
      "\\u00\(String($0.value, radix: 16))"
    }
    #expect(microseconds(all.joined()) == "1795248930123456")
  }

  @Test func `escapes are replaced and surrogate pairs joined`() {
    let name = #""\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00é€😀""#
    #expect(
      click(("product_name", name))?["product_name"] == "\"\\/\u{8}\u{c}\n\r\té€😀é€😀"
    )
    for name in [
      #""\x""#, #""\u12""#, #""\u12g4""#, #""\"#, "\"\u{1}\"", "\"a\nb\"", #""\U0041""#,
      #""\u0000""#, #""\ud800""#, #""\udc00""#, #""\ud800\ud800\udc00""#, #""\ud800x""#,
      #""\ud83d\u0041""#,
    ] { #expect(click(("product_name", name)) == nil, "\(name)") }
  }

  @Test func `what PostgreSQL cannot hold is ignored in unknown fields`() {
    #expect(click(("other", #""\u0000 \ud800""#)) != nil)
    #expect(click(("other", "[1e99999,{\"\\u0000\":null}]")) != nil)
  }

  @Test func `lengths of ids count bytes after unescaping`() {
    let hundred = String(repeating: "\\u0041", count: 100)
    #expect(click(("event_id", "\"\(hundred)\""))?["event_id"]?.utf8.count == 100)
    #expect(click(("event_id", "\"\(hundred)A\"")) == nil)
    #expect(click(("user_id", "\"\(String(repeating: "é", count: 25))\"")) != nil)
    #expect(click(("user_id", "\"\(String(repeating: "é", count: 25))x\"")) == nil)
    #expect(click(("user_id", "\"\(String(repeating: "\\u00e9", count: 26))\"")) == nil)
    #expect(click(("product_id", "\"\"")) == nil)
    #expect(click(("product_name", "\"\""))?["product_name"] == "")
  }

  @Test func `the last of a repeated key counts`() {
    #expect(click(("user_id", "5,\"user_id\":\"u2\""))?["user_id"] == "u2")
    #expect(click(("user_id", "\"u1\",\"user\\u005fid\":\"u2\""))?["user_id"] == "u2")
    #expect(click(("user_id", "\"u1\",\"user_id\":null")) == nil)
    #expect(click(("user_id", "\"u1\",\"user_id\":7")) == nil)
    let again = click(("referrer", "\"a\",\"referrer\":null"))
    #expect(again != nil && again?["referrer"] == nil)
    #expect(click(("referrer", "\"\\u0000\",\"referrer\":\"b\""))?["referrer"] == "b")
  }

  @Test func `null in an optional field is absent and another type is refused`() {
    #expect(click(("referrer", "null"), ("product_price", "null"))?.count == 4)
    for value in ["1", "true", "[]", "{}"] { #expect(click(("referrer", value)) == nil) }
    #expect(click(("event_id", "null")) == nil)
  }

  @Test func `nesting goes down to 128 levels`() {
    func nested(_ levels: Int) -> String {
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    #expect(click(("other", nested(127))) != nil)
    #expect(click(("other", nested(128))) == nil)
    #expect(click(("other", nested(1_000_000))) == nil)
    #expect(click(("other", String(repeating: "{\"a\":", count: 100_000))) == nil)
  }

  @Test func `bytes that are no UTF-8 are refused anywhere`() {
    let sequences: [[UInt8]] = [
      [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x82], [0xF0, 0x9F, 0x98],
    ]
    let parts = [
      [
        "{\"event_id\":\"c1",
        "\",\"user_id\":\"u1\",\"timestamp\":\"2026-11-21T08:15:30Z\",\"product_id\":\"p\"}",
      ],
      [
        "{\"x",
        "\":1,\"event_id\":\"c\",\"user_id\":\"u1\",\"timestamp\":\"2026-11-21T08:15:30Z\",\"product_id\":\"p\"}",
      ],
      [
        "{\"x\":[\"long enough to be past one vector of bytes ",
        "\"],\"event_id\":\"c\",\"user_id\":\"u1\",\"timestamp\":\"2026-11-21T08:15:30Z\",\"product_id\":\"p\"}",
      ],
    ]
    for part in parts {
      #expect(OneByOne().click(Array(part.joined().utf8)) != nil)
      for sequence in sequences {
        #expect(OneByOne().click(Array(part[0].utf8) + sequence + Array(part[1].utf8)) == nil)
      }
    }
  }

  @Test func `huge strings are text like any other`() {
    let text = String(repeating: "läng ", count: 500_000)
    #expect(click(("product_name", "\"\(text)\""))?["product_name"] == text)
    #expect(click(("other", "\"\(text)")) == nil)
  }

  @Test func `reasons name the field, what was expected and what was found`() {
    let tail = "\"timestamp\":\"2026-11-21T08:15:30Z\",\"product_id\":\"p\"}"
    #expect(
      reason("{\"event_id\":\"c\",\"product_price\":\"12,5\",\"user_id\":\"u\"," + tail)
        == "\"product_price\": expected a number below 10^10, found \"12,5\""
    )
    #expect(
      reason("{\"event_id\":\"c\"," + tail)
        == "\"user_id\": expected a string of 1 to 50 bytes without U+0000, found no value"
    )
    #expect(
      reason("{\"event_id\":\"c\",\"user_id\":\"\(String(repeating: "x", count: 70))\"," + tail)
        == "\"user_id\": expected a string of 1 to 50 bytes without U+0000, found "
        + "\"\(String(repeating: "x", count: 64))...\""
    )
    #expect(
      reason("{\"event_id\":\"c\" x") == "not JSON: expected \",\" or \"}\", found x (byte 16)"
    )
    #expect(
      reason("{\"event_id\":\"c\"")
        == "not JSON: expected \",\" or \"}\", found the end of the message"
    )
    #expect(reason("[]") == "not JSON: expected an object, found [] (byte 0)")
    #expect(
      reason("{} \u{1}") == "not JSON: expected the end of the message, found \\u{01} (byte 3)"
    )
    #expect(reason("") == "not JSON: expected an object, found the end of the message")
  }

  @Test func `a message without bytes is rejected with a reason`() {
    var decoder = ClickDecoder()
    var batch = ClickBatch()
    decoder.decode(message: .init(start: nil, count: 0), offset: 3, into: &batch)
    #expect(batch.rejects.map(\.offset) == [3])
    #expect(
      batch.rejects.map(\.reason.description) == ["expected an object, found a null payload"]
    )
  }

  @Test func `a key learned from one message is not seen in bytes behind the next`() {
    var decoder = ClickDecoder()
    var batch = ClickBatch()
    let line =
      "{\"event_id\":\"c\",\"user_id\":\"u\",\"timestamp\":\"2026-11-21T08:15:30Z\",\"product_id\":\"p\"}"
    let buffer = MessageBuffer(line + line)
    let count = line.utf8.count
    for length in 0...count {
      decoder.decode(
        message: .init(rebasing: buffer.bytes[..<length]),
        offset: Int64(length),
        into: &batch
      )
    }
    #expect(batch.records.map(\.offset) == [Int64(count)])
    #expect(batch.rejects.count == count)
  }
}
