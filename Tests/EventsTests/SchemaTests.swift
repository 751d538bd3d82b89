import Foundation
import Testing

@testable import Events

/// The JSON Schema files and the decoders say the same: messages made from the schema are the judge.
@Suite struct SchemaTests {
  enum Kind: String, CaseIterable {
    case click, checkout

    var fieldNames: [String] {
      switch self {
      case .click: ClickRecord.schema.fieldNames
      case .checkout: CheckoutRecord.schema.fieldNames
      }
    }

    func accepts(_ message: [String: Any]) throws -> Bool {
      let bytes = try JSONSerialization.data(withJSONObject: message)
      return switch self {
      case .click: OneByOne().click(bytes) != nil
      case .checkout: OneByOne().checkout(bytes) != nil
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func `the schema lists the fields of the decoder`(kind: Kind) throws {
    let schema = try SchemaFile(kind.rawValue)
    #expect(Set(schema.properties.keys) == Set(kind.fieldNames))
  }

  @Test(arguments: Kind.allCases)
  func `the examples are accepted`(kind: Kind) throws {
    let schema = try SchemaFile(kind.rawValue)
    #expect(!schema.examples.isEmpty)
    for example in schema.examples { #expect(try kind.accepts(example)) }
  }

  @Test(arguments: Kind.allCases)
  func `every variation of a field is judged alike`(kind: Kind) throws {
    let schema = try SchemaFile(kind.rawValue)
    let base = try #require(schema.examples.first)
    let values: [Any] = [
      NSNull(), true, 0, -7, 12.5, 9_999_999_999, 10_000_000_000, -10_000_000_000, "", "text",
      9_999_999_999.994, 9_999_999_999.995, -9_999_999_999.994, -9_999_999_999.995,
      String(repeating: "x", count: 50), String(repeating: "x", count: 51),
      String(repeating: "x", count: 100), String(repeating: "x", count: 101), "a\u{0}b",
      "2026-11-21T08:15:30Z", "2026-11-21T08:15:30", "2026-11-21 08:15:30Z", "2026-11-21",
      [Any](), [String: Any](), [["price": "12"]], [["quantity": 1.5]], [["quantity": 2]],
      [["product_id": 1]], [["product_id": NSNull()]], [[1]], [["other": [true]]],
      ["city": "Berlin"], ["city": 1], ["zip_code": 10115], ["other": 1], [NSNull()],
    ]
    for (name, property) in schema.properties {
      var message = base
      message[name] = nil
      #expect(try kind.accepts(message) == !schema.required.contains(name), "without \(name)")
      for value in values + (property["examples"] as? [Any] ?? []) {
        message[name] = value
        #expect(
          try kind.accepts(message) == SchemaFile.accepts(value, property),
          "\(name) = \(value)"
        )
      }
    }
  }

  @Test(
    arguments: [
      "2026-11-21T08:15:30+05", "2026-11-21T08:15:30-0530", "2026-11-21t08:15:30.5z",
      "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z",
      "2026-00-21T08:15:30Z", "2026-13-21T08:15:30Z", "2026-11-00T08:15:30Z",
      "2026-12-31T08:15:30Z", "2026-12-32T08:15:30Z", "2026-11-21T23:59:59Z",
      "2026-11-21T24:00:00Z", "2026-11-21T08:60:00Z", "2026-11-21T08:59:60Z",
      "2026-11-21T08:15:30+23:59", "2026-11-21T08:15:30+24:00", "2026-11-21T08:15:30+05:60",
      "2026-11-21T08:15:30+5", "2026-11-21T08:15:30+05:3", "2026-11-21T08:15:30.Z",
      "2026-11-21T08:15:30.1234567891Z", "2026-11-21T08:15Z",
    ]
  )
  func `every form of a time is judged alike`(time: String) throws {
    for kind in Kind.allCases {
      let schema = try SchemaFile(kind.rawValue)
      var message = try #require(schema.examples.first)
      message["timestamp"] = time
      let property = try #require(schema.properties["timestamp"])
      #expect(try kind.accepts(message) == SchemaFile.accepts(time, property))
      #expect(property["format"] == nil, "stricter than the decoder")
    }
  }

  /// What only the schema's descriptions say: a value, and whether it may stand in a member that is
  /// kept as jsonb.
  static let nested: [(value: String, isAccepted: Bool)] = [
    (#""\u0001""#, true), (#""\u0000""#, false), (#""\ud83d\ude00""#, true), (#""\ud83d""#, false),
    ("1e1000", true), ("1e1001", false), ("1e-1001", false),
    (String(repeating: "1", count: 1000), true), (String(repeating: "1", count: 1001), false),
  ]

  private static let checkoutStart =
    #"{"event_id":"k","user_id":"u","timestamp":"2026-11-21T08:15:30Z","total_amount":1,"#

  @Test(arguments: nested.indices)
  func `what jsonb cannot hold is refused, as the schema says`(index: Int) {
    let (value, isAccepted) = Self.nested[index]
    for member in [
      #""items":[{"other":"# + value + "}]", #""shipping_address":{"other":"# + value + "}",
    ] {
      let message = Self.checkoutStart + member + "}"
      #expect((OneByOne().checkout(Array(message.utf8)) != nil) == isAccepted)
    }
    // A member that is ignored only has to be JSON.
    let ignored = Self.checkoutStart + #""other":"# + value + "}"
    #expect(OneByOne().checkout(Array(ignored.utf8)) != nil)
  }

  @Test(arguments: ["items", "shipping_address"])
  func `what is kept as jsonb has 32 MiB at most, as the schema says`(name: String) throws {
    let description = try SchemaFile("checkout").properties[name]?["description"] as? String
    #expect(description?.contains(" at most 32 MiB;") == true)
    let ends = name == "items" ? ("[{\"a\":\"", "\"}]") : ("{\"a\":\"", "\"}")
    /// A value of so many bytes more than the limit.
    func reason(_ excess: Int, start: String = "") -> String? {
      let rest = ends.0.utf8.count + start.utf8.count + ends.1.utf8.count
      let text = start + String(repeating: "x", count: 32 << 20 + excess - rest)
      let buffer = MessageBuffer("\(Self.checkoutStart)\"\(name)\":\(ends.0)\(text)\(ends.1)}")
      var batch = CheckoutBatch()
      var decoder = CheckoutDecoder()
      decoder.decode(message: buffer.bytes, offset: 0, into: &batch)
      return withExtendedLifetime(buffer) { batch.rejects.first?.reason.description }
    }
    #expect(reason(0) == nil)
    #expect(reason(1) == "\"\(name)\": expected at most 32 MiB, found 33554433 bytes")
    #expect(reason(1, start: "\\u0000")?.contains("that jsonb can hold, found ") == true)
  }

  @Test(arguments: Kind.allCases)
  func `a message has 256 MiB at most, as the schema says`(kind: Kind) throws {
    #expect(CheckoutBatch.maximumByteCount == 256 << 20)
    #expect(try SchemaFile(kind.rawValue).description.contains(" at most 256 MiB."))
  }

  @Test(arguments: [(127, true), (128, false)])
  func `an event is nested as deep as the schema says, not deeper`(depth: Int, isAccepted: Bool) {
    let brackets = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    let message = Self.checkoutStart + #""other":"# + brackets + "}"
    #expect((OneByOne().checkout(Array(message.utf8)) != nil) == isAccepted)
  }
}

/// A schema file, and as much of JSON Schema as ours use.
struct SchemaFile {
  let description: String
  let properties: [String: [String: Any]]
  let required: Set<String>
  let examples: [[String: Any]]

  init(_ name: String) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../schemas/\(name).schema.json")
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    let schema = try #require(json as? [String: Any])
    description = try #require(schema["description"] as? String)
    properties = try #require(schema["properties"] as? [String: [String: Any]])
    required = Set(try #require(schema["required"] as? [String]))
    examples = try #require(schema["examples"] as? [[String: Any]])
  }

  /// Whether the value is valid by the schema.
  static func accepts(_ value: Any, _ schema: [String: Any]) -> Bool {
    let types = schema["type"] as? [String] ?? [schema["type"] as? String ?? ""]
    guard types.contains(where: { isInstance(value, of: $0) }) else { return false }
    if let text = value as? String {
      if let minimum = schema["minLength"] as? Int, text.count < minimum { return false }
      if let maximum = schema["maxLength"] as? Int, text.count > maximum { return false }
      if let pattern = schema["pattern"] as? String {
        return text.range(of: pattern, options: .regularExpression) != nil
      }
    }
    if let elements = value as? [Any], let item = schema["items"] as? [String: Any] {
      return elements.allSatisfy { accepts($0, item) }
    }
    if let members = value as? [String: Any],
      let properties = schema["properties"] as? [String: [String: Any]]
    {
      return members.allSatisfy { name, value in
        properties[name].map { accepts(value, $0) } ?? true
      }
    }
    if isInstance(value, of: "number"), let number = value as? NSNumber {
      if let bound = schema["exclusiveMaximum"] as? Double, number.doubleValue >= bound {
        return false
      }
      if let bound = schema["exclusiveMinimum"] as? Double, number.doubleValue <= bound {
        return false
      }
    }
    return true
  }

  private static func isInstance(_ value: Any, of type: String) -> Bool {
    switch type {
    case "null": return value is NSNull
    case "string": return value is String
    case "array": return value is [Any]
    case "object": return value is [String: Any]
    case "number", "integer":
      if value is Bool && !(value is Int) { return false }
      guard let number = value as? NSNumber, !(value is String) else { return false }
      if String(describing: Swift.type(of: value)).contains("Bool") { return false }
      return type == "number" || number.doubleValue.rounded() == number.doubleValue
    default: return false
    }
  }
}
