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
/// Of a repeated key the last value stays. Pointers are into memory that `ScannerMemory` lends for
/// one run; 64 bytes behind `end` are readable.
struct ObjectScanner {
  static let maximumDepth = 128

  /// Memory for the scan of one shape: a place each for its fields, its unknown members, its start.
  struct Places {
    /// What is expected behind each field, behind an unknown member, and at the object's start,
    /// each tagged with the field that it leads to (`shape.count` for an unknown one).
    let guesses: UnsafeMutablePointer<scan_literal>
    let fields: FieldPlaces

    /// Places needed for so many fields, in shapes of at least one field each and the empty one.
    static func count(fields: Int) -> Int { 3 * fields + 2 }

    func of(_ shape: Shape) -> Places {
      let first = 3 * shape.first
      return Places(guesses: guesses + first, fields: fields.advanced(by: first))
    }
  }

  /// What a scan found in an object.
  struct Found {
    /// Behind the closing brace.
    var end: UnsafeRawPointer
    var fields = FoundFields()
    /// Those of all keys and values together, less `.escape`.
    var flags: ValueTraits.Flags = []
  }

  /// Matches only NUL and leads nowhere: the NUL is then found to be no value.
  static var noGuess: scan_literal {
    var literal = scan_make_literal([0], 1, 0)
    literal.byte_count = 0
    return literal
  }

  let fields: UnsafePointer<Field>
  /// The shape of objects that no field describes.
  let anyObject: Shape
  /// Of all shapes.
  let places: Places
  /// Of the messages to come, as far as they are marked; good as long as nobody writes there.
  var stops: TextStops
  /// Start and end of the message.
  var message: UnsafeRawPointer
  var end: UnsafeRawPointer

  /// Scans a message, all of which must be one object.
  mutating func scan(
    _ message: UnsafeRawPointer,
    byteCount: Int,
    as shape: Shape
  ) throws(SyntaxFault) -> FoundFields {
    (self.message, end) = (message, message + byteCount)
    let start = skipSpace(message)
    guard try byte(at: start, or: "an object") == UInt8(ascii: "{") else {
      throw fault(at: start, expected: "an object")
    }
    let found = try scanObject(shape, at: start, depth: 1)
    guard found.end < end else { return found.fields }
    let rest = skipSpace(found.end)
    guard rest == end else { throw fault(at: rest, expected: "the end of the message") }
    return found.fields
  }

  /// Scans the object at `start`, which holds `{`.
  func scanObject(
    _ shape: Shape,
    at start: UnsafeRawPointer,
    depth: Int
  ) throws(SyntaxFault) -> Found {
    let places = places.of(shape)
    var marked = stops.marked
    var found = Found(end: start)
    // The literal at the object's start is kept behind those of its members.
    var walk = scan_walk(cursor: start, member: UInt32(shape.count + 1), passed: 0)
    var isAtValue = false
    while true {
      isAtValue = scan_walk_members(
        &walk,
        isAtValue,
        places.guesses,
        &marked,
        message,
        end,
        places.fields.slices
      )
      found.fields.notePlainStrings(walk.passed)
      let cursor = walk.cursor
      if isAtValue {
        let value = try scanOtherValue(at: cursor, of: Int(walk.member), in: shape, depth: depth)
        found.fields.note(Int(walk.member), value.traits)
        found.flags.formUnion(value.traits.flags.subtracting(.escape))
        walk.cursor = value.end
        isAtValue = false
        continue
      }
      if cursor > start, cursor < end, cursor.load(as: UInt8.self) == UInt8(ascii: "}") {
        found.end = cursor + 1
        return found
      }
      let key = try scanKey(shape, after: cursor, isFirst: cursor == start)
      found.end = key.end
      guard let field = key.field else { return found }
      found.flags.formUnion(key.flags.subtracting(.escape))
      if key.flags.isEmpty {
        learn(&places.guesses[Int(walk.member)], from: cursor, to: key.end, field)
      }
      walk.cursor = key.end
      walk.member = UInt32(field)
      isAtValue = true
    }
  }

  /// The bytes between two positions of the message, which is shorter than 2^31 bytes.
  @inline(__always)
  func slice(from start: UnsafeRawPointer, to end: UnsafeRawPointer) -> ByteSlice {
    ByteSlice(
      offset: UInt32(truncatingIfNeeded: start - message),
      length: Int32(truncatingIfNeeded: end - start)
    )
  }

  /// The byte at `position`, if the message reaches so far.
  @inline(__always)
  func byte(
    at position: UnsafeRawPointer,
    or expected: StaticString
  ) throws(SyntaxFault) -> UInt8 {
    guard position < end else { throw fault(at: end, expected: expected) }
    return position.load(as: UInt8.self)
  }

  func fault(at position: UnsafeRawPointer, expected: StaticString) -> SyntaxFault {
    SyntaxFault(offset: position - message, expected: expected)
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

  /// Reads from behind a value (or from `{`) over `,`, the key and its colon to the next value.
  ///
  /// The field is nil at the object's end: then `end` is behind its brace.
  @inline(never)
  private func scanKey(
    _ shape: Shape,
    after value: UnsafeRawPointer,
    isFirst: Bool
  ) throws(SyntaxFault) -> (field: Int?, flags: ValueTraits.Flags, end: UnsafeRawPointer) {
    var cursor = value
    if !isFirst {
      cursor = skipSpace(cursor)
      let separator = try byte(at: cursor, or: "\",\" or \"}\"")
      if separator == UInt8(ascii: "}") { return (nil, [], cursor + 1) }
      guard separator == UInt8(ascii: ",") else {
        throw fault(at: cursor, expected: "\",\" or \"}\"")
      }
    }
    cursor = skipSpace(cursor + 1)
    let first = try byte(at: cursor, or: "a key")
    if isFirst, first == UInt8(ascii: "}") { return (nil, [], cursor + 1) }
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
        return find(name, byteCount: JSONEscapes.unescape(name, byteCount: byteCount), in: shape)
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

  /// Has the members before this field be read byte by byte, once.
  func forgetGuesses(leadingTo field: Int, in shape: Shape) {
    let guesses = places.of(shape).guesses
    for place in 0..<shape.count + 2 where guesses[place].tag == UInt32(field) {
      guesses[place] = Self.noGuess
    }
  }
}
