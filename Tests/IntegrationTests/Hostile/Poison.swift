import Connect

/// Lines that are no events, each with words that its reason must contain.
enum Poison {
  static func lines(_ stream: StreamKind, id: String) -> [(bytes: [UInt8], reason: String)] {
    let needed = stream == .clicks ? "\"product_id\":\"p\"" : "\"total_amount\":1"
    func event(
      id: String = id,
      user: String = "\"u\"",
      time: String = "\"2026-03-31T23:30:00Z\"",
      rest: String? = nil
    ) -> String {
      "{\"event_id\":\"\(id)\",\"user_id\":\(user),\"timestamp\":\(time),\(rest ?? needed)}"
    }
    let name = stream == .clicks ? "product_price" : "total_amount"
    let product = stream == .clicks ? "\"product_id\":\"p\"," : ""
    func amount(_ number: String) -> String { event(rest: "\(product)\"\(name)\":\(number)") }
    var texts: [(String, String)] = [
      ("nonsense", "not JSON"),
      ("{", "not JSON"),
      ("null", "expected an object"),
      ("[\(event())]", "expected an object"),
      ("\(event())x", "not JSON"),
      ("\(event())\(event())", "not JSON"),
      (event().replacing("{", with: "{,"), "not JSON"),
      (event(user: "5"), "user_id"),
      (event(user: "null"), "user_id"),
      (event(user: "\"\""), "user_id"),
      (event(user: "\"\(String(repeating: "é", count: 25))x\""), "user_id"),
      (event(user: "\"a\\u0000b\""), "user_id"),
      (event(user: "\"\\ud800\""), "user_id"),
      (event(user: "\"\\udc00\\ud800\""), "user_id"),
      (event(user: "\"\\x41\""), "not JSON"),
      (event(user: "\"a\u{1}b\""), "not JSON"),
      (event(id: String(repeating: "i", count: 101)), "event_id"),
      (event(time: "\"2026-03-31T23:30:00\""), "timestamp"),
      (event(time: "\"2026-02-29T23:30:00Z\""), "timestamp"),
      (event(time: "\"2026-03-31T24:00:00Z\""), "timestamp"),
      (event(time: "\"2026-03-31 23:30Z\""), "timestamp"),
      (event(time: "\"2026-03-31T23:30:00.1234567890Z\""), "timestamp"),
      (event(time: "1774999800"), "timestamp"),
      (event(time: "\"\""), "timestamp"),
      (event().replacing("\"user_id\"", with: "\"User_id\""), "user_id"),
      (amount("01"), "not JSON"),
      (amount("1."), "not JSON"),
      (amount("NaN"), "not JSON"),
      (amount("\"12.50\""), name),
      (amount("10000000000"), name),
      (amount("9999999999.995"), name),
      (amount("1e400"), name),
      (amount("true"), name),
    ]
    if stream == .checkouts {
      texts += [
        (amount("null"), name),
        (event(rest: "\"total_amount\":1,\"items\":{}"), "items"),
        (event(rest: "\"total_amount\":1,\"items\":[1]"), "items"),
        (event(rest: "\"total_amount\":1,\"items\":[{\"product_name\":\"\\u0000\"}]"), "items"),
        (event(rest: "\"total_amount\":1,\"items\":[{\"quantity\":1.5}]"), "items"),
        (event(rest: "\"total_amount\":1,\"shipping_address\":[]"), "shipping_address"),
        (event(rest: "\"total_amount\":1,\"shipping_address\":{\"city\":7}"), "shipping_address"),
      ]
    } else {
      texts += [
        (event(rest: "\"product_id\":\"\""), "product_id"),
        (event(rest: "\"product_name\":\"p\""), "product_id"),
        (event(rest: "\"product_id\":\"p\",\"referrer\":7"), "referrer"),
      ]
    }
    texts.append((String(repeating: "long ", count: 2000), "not JSON"))
    var lines = texts.map { (bytes: Array($0.0.utf8), reason: $0.1) }
    lines.append((Array("{\"user_id\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8), "UTF-8"))
    lines.append((Array("{\"x\":\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"}".utf8), "UTF-8"))
    lines.append(([0xEF, 0xBB, 0xBF] + Array(event().utf8), "not JSON"))
    lines.append(([0x00], "not JSON"))
    lines.append((Array(event().utf8.dropLast()), "not JSON"))
    return lines
  }
}
