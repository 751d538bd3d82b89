/// JSON as RFC 8259 defines it, parsed the slow and plain way: nothing shared with the decoder.
indirect enum ReferenceJSON {
  case string(ReferenceString)
  /// As written.
  case number(String)
  case boolean
  case null
  case array([ReferenceJSON], text: [UInt8])
  /// In the order of the text, with repetitions.
  case object([(key: ReferenceString, value: ReferenceJSON)], text: [UInt8])

  /// The only value of the text; nil if it is not JSON or deeper than 128 levels.
  static func parse(_ bytes: [UInt8]) -> ReferenceJSON? {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    var parser = ReferenceParser(bytes: bytes)
    return try? parser.parseAll()
  }

  /// The last value of that key.
  subscript(key: String) -> ReferenceJSON? {
    guard case .object(let members, _) = self else { return nil }
    return members.last { $0.key.units == Array(key.utf16) }?.value
  }

  /// All strings within, keys too.
  var strings: [ReferenceString] {
    switch self {
    case .string(let string): [string]
    case .array(let elements, _): elements.flatMap(\.strings)
    case .object(let members, _): members.flatMap { [$0.key] + $0.value.strings }
    default: []
    }
  }

  /// All numbers within.
  var numbers: [String] {
    switch self {
    case .number(let text): [text]
    case .array(let elements, _): elements.flatMap(\.numbers)
    case .object(let members, _): members.flatMap(\.value.numbers)
    default: []
    }
  }
}

/// A string of UTF-16 units, as JSON's escapes spell it: lone surrogates are possible.
struct ReferenceString {
  var units: [UInt16]

  /// Nil if PostgreSQL's text cannot hold it.
  var text: String? {
    guard !units.contains(0), let text = String(validating: units, as: UTF16.self) else {
      return nil
    }
    return text
  }
}

private struct ReferenceParser {
  struct Fault: Error {}

  let bytes: [UInt8]
  var index = 0
  var depth = 0

  mutating func parseAll() throws -> ReferenceJSON {
    let value = try parseValue()
    guard index == bytes.count else { throw Fault() }
    return value
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { index += 1 }
  }

  private mutating func take(_ character: Character) throws {
    guard let byte = next, byte == character.asciiValue else { throw Fault() }
    index += 1
  }

  private mutating func parseValue() throws -> ReferenceJSON {
    skipSpace()
    defer { skipSpace() }
    switch next {
    case UInt8(ascii: "{"): return try parseObject()
    case UInt8(ascii: "["): return try parseArray()
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .boolean)
    case UInt8(ascii: "f"): return try parseWord("false", .boolean)
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    default: return try parseNumber()
    }
  }

  private mutating func parseWord(
    _ word: String,
    _ value: ReferenceJSON
  ) throws -> ReferenceJSON {
    for character in word { try take(character) }
    return value
  }

  private mutating func parseObject() throws -> ReferenceJSON {
    let start = index
    depth += 1
    defer { depth -= 1 }
    guard depth <= 128 else { throw Fault() }
    try take("{")
    skipSpace()
    var members: [(key: ReferenceString, value: ReferenceJSON)] = []
    if next != UInt8(ascii: "}") {
      while true {
        skipSpace()
        let key = try parseString()
        skipSpace()
        try take(":")
        members.append((key, try parseValue()))
        guard next == UInt8(ascii: ",") else { break }
        index += 1
      }
    }
    try take("}")
    return .object(members, text: Array(bytes[start..<index]))
  }

  private mutating func parseArray() throws -> ReferenceJSON {
    let start = index
    depth += 1
    defer { depth -= 1 }
    guard depth <= 128 else { throw Fault() }
    try take("[")
    skipSpace()
    var elements: [ReferenceJSON] = []
    if next != UInt8(ascii: "]") {
      while true {
        elements.append(try parseValue())
        guard next == UInt8(ascii: ",") else { break }
        index += 1
      }
    }
    try take("]")
    return .array(elements, text: Array(bytes[start..<index]))
  }

  private mutating func parseString() throws -> ReferenceString {
    try take("\"")
    var units: [UInt16] = []
    var plain: [UInt8] = []
    func flush() { units += String(decoding: plain, as: UTF8.self).utf16 }
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw Fault() }
      index += 1
      guard byte == UInt8(ascii: "\\") else {
        plain.append(byte)
        continue
      }
      flush()
      plain = []
      units.append(try parseEscape())
    }
    flush()
    try take("\"")
    return ReferenceString(units: units)
  }

  private mutating func parseEscape() throws -> UInt16 {
    guard let letter = next else { throw Fault() }
    index += 1
    let simple: [Character: UInt16] = [
      "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
    ]
    if let unit = simple[Character(Unicode.Scalar(letter))] { return unit }
    guard letter == UInt8(ascii: "u"), index + 4 <= bytes.count else { throw Fault() }
    let digits = String(decoding: bytes[index..<index + 4], as: UTF8.self)
    guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }), let unit = UInt16(digits, radix: 16)
    else { throw Fault() }
    index += 4
    return unit
  }

  private mutating func parseNumber() throws -> ReferenceJSON {
    let start = index
    if next == UInt8(ascii: "-") { index += 1 }
    if next == UInt8(ascii: "0") { index += 1 } else { try parseDigits() }
    if next == UInt8(ascii: ".") {
      index += 1
      try parseDigits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      index += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { index += 1 }
      try parseDigits()
    }
    return .number(String(decoding: bytes[start..<index], as: UTF8.self))
  }

  private mutating func parseDigits() throws {
    let start = index
    while let byte = next, (0x30...0x39).contains(byte) { index += 1 }
    guard index > start else { throw Fault() }
  }
}
