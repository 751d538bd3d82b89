/// A stream of messages from a seed: odd but valid spellings, and a broken one now and then.
struct RandomMessages {
  private var state: UInt64

  init(seed: UInt64) { state = (seed &+ 1) &* 0xD129_0B26_1F5A_4C33 }

  mutating func nextClick() -> [UInt8] {
    let optional = [
      "product_name", "product_category", "session_id", "device_type", "page_url", "referrer",
    ]
    var members = requiredMembers()
    members.append(("product_id", string(id())))
    for name in optional where chance(4, of: 5) { members.append((name, optionalText())) }
    if chance(4, of: 5) { members.append(("product_price", chance(1, of: 9) ? "null" : number())) }
    return message(members)
  }

  mutating func nextCheckout() -> [UInt8] {
    var members = requiredMembers()
    members.append(("total_amount", number()))
    for name in ["session_id", "payment_method"] where chance(4, of: 5) {
      members.append((name, optionalText()))
    }
    if chance(3, of: 4) { members.append(("items", items())) }
    if chance(3, of: 4) { members.append(("shipping_address", address())) }
    return message(members)
  }

  private mutating func below(_ bound: Int) -> Int {
    // SplitMix64 (Steele, Lea, Flood 2014).
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }

  private mutating func chance(_ count: Int, of bound: Int) -> Bool { below(bound) < count }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  private mutating func requiredMembers() -> [(String, String)] {
    [("event_id", string(id())), ("user_id", string(id())), ("timestamp", string(time()))]
  }

  private mutating func id() -> String {
    chance(1, of: 40)
      ? pick(["", String(repeating: "x", count: 51), String(repeating: "é", count: 26)])
      : pick([
        "u1", "click-\(below(100_000))", "ünïcode", "😀", "a b", String(repeating: "y", count: 50),
      ])
  }

  private mutating func optionalText() -> String {
    switch below(12) {
    case 0: "null"
    case 1: pick(["12", "true", "[]", "{}"])
    case 2: string(String(repeating: "long ", count: 5 + below(40)))
    case 3: pick([#""a\u0000b""#, #""\ud800""#, #""\udc00\ud800""#, #""\ud83d\ude00""#])
    default: string(pick(["", "Shoes", "Schuhe für Läufer", "靴", "a\tb\n", "\"quoted\\\"", "x/y"]))
    }
  }

  private mutating func time() -> String {
    let fraction = below(3) == 0 ? "" : "." + (0...below(10)).map { _ in "\(below(10))" }.joined()
    let zone = pick(["Z", "Z", "Z", "z", "+05:30", "-0800", "+14", "", "+24:00", "-03:60", "Z "])
    let date = pick([
      "2026-11-21", "2024-02-29", "2023-02-29", "1969-12-31", "0001-01-01", "9999-12-31",
      "2026-1-21", "2026-04-31", "2000-02-29", "1900-02-29", "0000-01-01",
    ])
    let clock = pick(["08:15:30", "23:59:59", "00:00:00", "24:00:00", "12:60:00", "12:00:60"])
    return chance(4, of: 5)
      ? "2026-11-21T08:15:30.123456Z" : date + pick(["T", "T", "t", " "]) + clock + fraction + zone
  }

  private mutating func number() -> String {
    if chance(3, of: 4) { return "\(below(100_000)).\(10 + below(90))" }
    return pick([
      "0", "-0", "1", "12.5", "0.005", "-0.005", "0.00499999999999999999", "1E2", "12345e-3",
      "1e-400", "0.1e+1", "9999999999.99", "9999999999.994", "9999999999.995", "-9999999999.995",
      "1e10", "0e999999999999999999", "1e999999999999", "1e-999999999999", "\(below(100_000)).99",
      "1.25", "1.2", "129", "0.000000000000000000000001e24", "10000000000000000000000e-20",
      "01", "+1", "1.", ".5", "1e", "-", "NaN", "\"12.5\"", "true",
    ])
  }

  private mutating func items() -> String {
    if chance(1, of: 8) { return pick(["{}", "[1]", "[null]", "[[]]", "[{}]", "[]", "\"[]\""]) }
    let elements = (0..<below(4)).map { _ in
      object([
        ("product_id", chance(1, of: 15) ? "5" : string(id())),
        ("price", chance(1, of: 4) ? number() : "10.5"),
        ("quantity", pick(["1", "2", "1", "3", "2.0", "20e-1", "1.5", "null"])),
        ("note", chance(1, of: 4) ? optionalText() : nested()),
      ])
    }
    return "[" + elements.joined(separator: pick([",", " , "])) + "]"
  }

  private mutating func address() -> String {
    if chance(1, of: 8) { return pick(["[]", "{}", "null", "{\"city\":{}}", "{\"x\\u0000\":1}"]) }
    return object([
      ("city", string("Köln")), ("zip_code", chance(1, of: 9) ? "50667" : string("50667")),
      ("geo", nested()),
    ])
  }

  private mutating func nested() -> String {
    pick([
      "[]", "{\"a\":[1,2,{\"b\":null}]}", "[[[[]]]]", "-1.5e3", "1e1001", "true", "\"x\"",
      String(repeating: "[", count: 126) + String(repeating: "]", count: 126),
    ])
  }

  /// A JSON string of the text, some characters spelled as escapes.
  private mutating func string(_ text: String) -> String {
    let escapes = chance(1, of: 3)
    var json = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case "/" where chance(1, of: 2): json += "\\/"
      case _ where scalar.value < 0x20 || escapes && chance(1, of: 3):
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16, uppercase: chance(1, of: 2))
          json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }

  private mutating func object(_ members: [(String, String)]) -> String {
    let comma = pick([",", ",", ", ", "\t,\r\n "])
    let colon = pick([":", ":", ": ", " : "])
    let text = members.map { (chance(1, of: 30) ? string($0) : "\"\($0)\"") + colon + $1 }
    return "{" + text.joined(separator: comma) + "}"
  }

  private mutating func message(_ members: [(String, String)]) -> [UInt8] {
    var members = members
    if chance(1, of: 3) { members.append((pick(["extra", "x", "event_ID", ""]), nested())) }
    if chance(1, of: 10), let again = members.randomElement(using: &self) {
      members.append(chance(1, of: 2) ? again : (again.0, pick(["null", "1", "\"twice\""])))
    }
    if chance(1, of: 12) { members.remove(at: below(members.count)) }
    if chance(1, of: 2) { members.shuffle(using: &self) }
    var bytes = Array(object(members).utf8)
    if chance(1, of: 3) { mutate(&bytes) }
    return bytes
  }

  private mutating func mutate(_ bytes: inout [UInt8]) {
    for _ in 0...below(3) where !bytes.isEmpty {
      let index = below(bytes.count)
      switch below(6) {
      case 0: bytes[index] = UInt8(below(256))
      case 1: bytes.remove(at: index)
      case 2:
        bytes.insert(pick(Array("\"\\{}[],:u0\n\u{1} ".utf8) + [0x80, 0xC3, 0xFF]), at: index)
      case 3: bytes.removeLast(bytes.count - index)
      case 4: bytes.insert(contentsOf: bytes[index...].prefix(below(20)), at: index)
      default: bytes[index] ^= 1 << UInt8(below(8))
      }
    }
  }
}

extension RandomMessages: RandomNumberGenerator {
  mutating func next() -> UInt64 { UInt64(below(.max)) << 1 | UInt64(below(2)) }
}
