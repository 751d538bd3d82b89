/// The contract of SPEC section 1, written down naively: what the decoders are compared with.
enum ReferenceDecoder {
  /// The fields of a valid click as text, `nil` for absent ones; nil if the message does not fit.
  static func click(_ bytes: [UInt8]) -> [String: String]? {
    guard let json = object(bytes) else { return nil }
    return try? fields(json) { reader throws(Unfit) in
      try reader.text("event_id", 1...100, isRequired: true)
      try reader.text("user_id", 1...50, isRequired: true)
      try reader.time("timestamp")
      try reader.text("product_id", 1...50, isRequired: true)
      for name in [
        "product_name", "product_category", "session_id", "device_type", "page_url", "referrer",
      ] { try reader.text(name, 0...Int.max, isRequired: false) }
      try reader.money("product_price", isRequired: false)
    }
  }

  static func checkout(_ bytes: [UInt8]) -> [String: String]? {
    guard let json = object(bytes) else { return nil }
    return try? fields(json) { reader throws(Unfit) in
      try reader.text("event_id", 1...100, isRequired: true)
      try reader.text("user_id", 1...50, isRequired: true)
      try reader.time("timestamp")
      try reader.money("total_amount", isRequired: true)
      try reader.text("session_id", 0...Int.max, isRequired: false)
      try reader.text("payment_method", 0...Int.max, isRequired: false)
      try reader.items()
      try reader.address()
    }
  }

  private static func object(_ bytes: [UInt8]) -> ReferenceJSON? {
    guard let json = ReferenceJSON.parse(bytes), case .object = json else { return nil }
    return json
  }

  private static func fields(
    _ json: ReferenceJSON,
    _ read: (inout ReferenceReader) throws(Unfit) -> Void
  ) throws(Unfit) -> [String: String] {
    var reader = ReferenceReader(json: json)
    try read(&reader)
    return reader.values
  }
}

struct Unfit: Error {}

private struct ReferenceReader {
  let json: ReferenceJSON
  var values: [String: String] = [:]

  /// Nil for a missing or null optional field.
  private func value(_ name: String, isRequired: Bool) throws(Unfit) -> ReferenceJSON? {
    if let value = json[name] {
      guard case .null = value else { return value }
    }
    if isRequired { throw Unfit() }
    return nil
  }

  mutating func text(
    _ name: String,
    _ byteCount: ClosedRange<Int>,
    isRequired: Bool
  ) throws(Unfit) {
    guard let value = try value(name, isRequired: isRequired) else { return }
    guard case .string(let string) = value, let text = string.text,
      byteCount.contains(text.utf8.count)
    else { throw Unfit() }
    values[name] = text
  }

  mutating func time(_ name: String) throws(Unfit) {
    guard let value = try value(name, isRequired: true), case .string(let string) = value,
      let text = string.text, let microseconds = referenceMicroseconds(text)
    else { throw Unfit() }
    values[name] = "\(microseconds)"
  }

  mutating func money(_ name: String, isRequired: Bool) throws(Unfit) {
    guard let value = try value(name, isRequired: isRequired) else { return }
    guard case .number(let text) = value, let hundredths = referenceHundredths(text) else {
      throw Unfit()
    }
    values[name] = "\(hundredths)"
  }

  mutating func items() throws(Unfit) {
    guard let value = try value("items", isRequired: false) else { return }
    guard case .array(let elements, let text) = value, isStorable(value) else { throw Unfit() }
    for element in elements {
      guard case .object = element else { throw Unfit() }
      try member(element, "product_id", isString)
      try member(element, "product_name", isString)
      try member(element, "price") { if case .number = $0 { true } else { false } }
      try member(element, "quantity") {
        guard case .number(let text) = $0 else { return false }
        return referenceIsWhole(text)
      }
    }
    values["items"] = String(decoding: text, as: UTF8.self)
  }

  mutating func address() throws(Unfit) {
    guard let value = try value("shipping_address", isRequired: false) else { return }
    guard case .object(_, let text) = value, isStorable(value) else { throw Unfit() }
    for name in ["city", "state", "country", "zip_code"] { try member(value, name, isString) }
    values["shipping_address"] = String(decoding: text, as: UTF8.self)
  }

  private func isString(_ value: ReferenceJSON) -> Bool {
    if case .string = value { true } else { false }
  }

  private func member(
    _ object: ReferenceJSON,
    _ name: String,
    _ fits: (ReferenceJSON) -> Bool
  ) throws(Unfit) {
    guard let value = object[name] else { return }
    if case .null = value { return }
    guard fits(value) else { throw Unfit() }
  }

  private func isStorable(_ value: ReferenceJSON) -> Bool {
    value.strings.allSatisfy { $0.text != nil }
      && value.numbers.allSatisfy { number in
        let parts = number.lowercased().split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? .max : 0
        return parts[0].count <= 1000 && (-1000...1000).contains(exponent)
      }
  }
}
