import CScan

/// Scans one JSON object of known fields: checks every byte's syntax, notes where the fields stand.
///
/// RFC 8259 to the letter, with at most `maximumDepth` levels. The scanner guesses that the bytes
/// between two values are those of the previous message: what followed a field then follows it now.
/// A right guess costs one comparison of 32 bytes; after a wrong one the member is read byte by byte
/// and learned.
/// ```
/// {"event_id":"c1","user_id":"u1","price":4.5}
/// `-----------´  `-----------´  `--------´          literals, learned by their predecessor
/// ```
/// Of a repeated key the last value stays. Pointers are into memory that `EventDecoder` lends for one
/// run; 64 bytes behind `end` are readable.
struct ObjectScanner {
  static let maximumDepth = 128

  let fields: UnsafePointer<Field>
  /// Literals tagged with the field that they lead to. A shape's stand from three times its first
  /// field on: what follows each field, what follows an unknown member (`shape.count`, also as a
  /// tag), and what begins the object (`shape.count + 1`). The values have the same places.
  let guesses: UnsafeMutablePointer<scan_literal>
  let values: UnsafeMutablePointer<JSONValue>
  /// Start and end of the message.
  var message: UnsafeRawPointer
  var end: UnsafeRawPointer

  /// The shape of objects that no field describes.
  let anyObject: Shape

  /// Guesses, and values, needed for so many fields in shapes of at least one field each.
  static func slotCount(fields: Int) -> Int { 3 * fields + 2 }

  /// Scans the message, all of which must be one object; returns the fields that have a value other
  /// than null, one bit each.
  mutating func scan(
    _ message: UnsafeRawBufferPointer,
    as shape: Shape
  ) throws(JSONFault) -> UInt32 {
    guard let first = message.baseAddress else {
      throw JSONFault(offset: 0, expected: "an object")
    }
    (self.message, end) = (first, first + message.count)
    let start = skipSpace(first)
    guard try byte(at: start, or: "an object") == UInt8(ascii: "{") else {
      throw fault(at: start, expected: "an object")
    }
    let object = try scanObject(shape, at: start, depth: 1)
    let rest = skipSpace(object.end)
    guard rest == end else { throw fault(at: rest, expected: "the end of the message") }
    return object.present
  }

  struct ScannedObject {
    /// Behind the closing brace.
    var end: UnsafeRawPointer
    /// The fields with a value other than null, one bit each.
    var present: UInt32 = 0
    /// Those of all keys and values together.
    var flags: JSONValue.Flags = []
  }

  /// Scans the object at `start`, which holds `{`.
  func scanObject(
    _ shape: Shape,
    at start: UnsafeRawPointer,
    depth: Int
  ) throws(JSONFault) -> ScannedObject {
    let guesses = guesses + 3 * shape.first
    let values = values + 3 * shape.first
    let unknown = shape.count
    var object = ScannedObject(end: start)
    var predecessor = shape.count + 1
    var cursor = start
    while true {
      let field: Int
      if scan_matches(cursor, guesses + predecessor) {
        field = Int(guesses[predecessor].tag)
        cursor += Int(guesses[predecessor].byte_count)
      } else {
        let key = try scanKey(shape, after: cursor)
        guard let known = key.field else {
          object.end = key.end
          return object
        }
        field = known
        object.flags.formUnion(key.flags)
        if key.flags.isEmpty { learn(&guesses[predecessor], from: cursor, to: key.end, field) }
        cursor = key.end
      }
      let form = field < unknown ? fields[shape.first &+ field].form : nil
      let (value, valueEnd) = try scanValue(at: cursor, of: form, depth: depth)
      values[field] = value
      object.flags.formUnion(value.flags)
      let bit = UInt32(1) &<< UInt32(truncatingIfNeeded: field)
      object.present = value.kind == .null ? object.present & ~bit : object.present | bit
      predecessor = field
      cursor = valueEnd

      var next = try byte(at: cursor, or: "\",\" or \"}\"")
      if next <= 0x20 {
        cursor = skipSpace(cursor)
        next = try byte(at: cursor, or: "\",\" or \"}\"")
      }
      if next == UInt8(ascii: "}") {
        object.end = cursor + 1
        return object
      }
      guard next == UInt8(ascii: ",") else {
        throw fault(at: cursor, expected: "\",\" or \"}\"")
      }
    }
  }

  /// The byte at `position`, if the message reaches so far.
  @inline(__always)
  func byte(
    at position: UnsafeRawPointer,
    or expected: StaticString
  ) throws(JSONFault) -> UInt8 {
    guard position < end else { throw fault(at: end, expected: expected) }
    return position.load(as: UInt8.self)
  }

  func fault(at position: UnsafeRawPointer, expected: StaticString) -> JSONFault {
    JSONFault(offset: position - message, expected: expected)
  }

  /// The first byte at or after `position` that is not JSON white space, or the end.
  func skipSpace(_ position: UnsafeRawPointer) -> UnsafeRawPointer {
    var cursor = position
    while cursor < end {
      switch cursor.load(as: UInt8.self) {
      case 0x20, 0x09, 0x0a, 0x0d: cursor += 1
      default: return cursor
      }
    }
    return end
  }

  /// Reads from `{` or `,` over the key and its colon to the start of the value.
  ///
  /// The field is nil if the object is empty: then `end` is behind its brace.
  @inline(never)
  private func scanKey(
    _ shape: Shape,
    after separator: UnsafeRawPointer
  ) throws(JSONFault) -> (field: Int?, flags: JSONValue.Flags, end: UnsafeRawPointer) {
    var cursor = skipSpace(separator + 1)
    let first = try byte(at: cursor, or: "a key")
    if first == UInt8(ascii: "}"), separator.load(as: UInt8.self) == UInt8(ascii: "{") {
      return (nil, [], cursor + 1)
    }
    guard first == UInt8(ascii: "\"") else { throw fault(at: cursor, expected: "a key") }
    let key = try scanString(at: cursor + 1)
    let field = find(key, from: cursor + 1, in: shape)
    cursor = skipSpace(key.quote + 1)
    guard try byte(at: cursor, or: "\":\"") == UInt8(ascii: ":") else {
      throw fault(at: cursor, expected: "\":\"")
    }
    return (field, key.flags, skipSpace(cursor + 1))
  }

  /// The field of that name, or `shape.count`.
  private func find(_ key: ScannedString, from start: UnsafeRawPointer, in shape: Shape) -> Int {
    let byteCount = key.quote - start
    if key.flags.contains(.escape) {
      // No name is longer than 32 bytes, and no byte takes more than six escaped.
      guard byteCount <= 6 * 32, !key.flags.contains(.unstorableText) else { return shape.count }
      return withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 1) { scratch in
        guard let name = scratch.baseAddress else { return shape.count }
        name.copyMemory(from: start, byteCount: byteCount)
        return find(name, byteCount: unescapeJSON(name, byteCount: byteCount), in: shape)
      }
    }
    return find(start, byteCount: byteCount, in: shape)
  }

  private func find(_ name: UnsafeRawPointer, byteCount: Int, in shape: Shape) -> Int {
    for field in 0..<shape.count {
      let candidate = fields[shape.first + field].name
      if candidate.utf8CodeUnitCount == byteCount,
        scan_equal(candidate.utf8Start, name, byteCount)
      {
        return field
      }
    }
    return shape.count
  }

  private func learn(
    _ guess: inout scan_literal,
    from start: UnsafeRawPointer,
    to end: UnsafeRawPointer,
    _ field: Int
  ) {
    guard end - start <= 32 else { return }
    guess = scan_make_literal(start, end - start, UInt32(truncatingIfNeeded: field))
  }
}
