/// A value whose syntax is checked.
struct ScannedValue {
  var slice: ByteSlice
  var traits: ValueTraits
  /// Behind its last byte.
  var end: UnsafeRawPointer
}

extension ObjectScanner {
  /// Scans the value of a member, which is no plain string, and notes where it stands.
  @inline(__always)
  func scanOtherValue(
    at start: UnsafeRawPointer,
    of field: Int,
    in shape: Shape,
    depth: Int
  ) throws(SyntaxFault) -> ScannedValue {
    guard start < end else { throw fault(at: end, expected: "a value") }
    let fields = places.of(shape).fields
    var value: ScannedValue
    if let numberEnd = plainNumberEnd(at: start) {
      value = ScannedValue(
        slice: slice(from: start, to: numberEnd),
        traits: ValueTraits(kind: .number, flags: []),
        end: numberEnd
      )
    } else {
      var start = start
      if start.load(as: UInt8.self) <= 0x20 {
        // There is more space than in the literal: next time it is learned anew.
        forgetGuesses(leadingTo: field, in: shape)
        start = skipSpace(start)
      }
      value = try scanValue(at: start, of: form(field, in: shape), depth: depth)
    }
    fields.slices[field] = value.slice
    fields.traits[field] = value.traits
    return value
  }

  private func form(_ field: Int, in shape: Shape) -> Field.Form? {
    field < shape.count ? fields[shape.first &+ field].form : nil
  }

  /// Scans any value; `form` is its field's, nil if there is none: then it only has to be JSON.
  @inline(never)
  func scanValue(
    at start: UnsafeRawPointer,
    of form: Field.Form?,
    depth: Int
  ) throws(SyntaxFault) -> ScannedValue {
    guard try byte(at: start, or: "a value") == UInt8(ascii: "\"") else {
      return try scanOther(at: start, of: form, depth: depth)
    }
    let string = try scanString(at: start + 1)
    return ScannedValue(
      slice: slice(from: start + 1, to: string.quote),
      traits: ValueTraits(kind: .string, flags: string.flags),
      end: string.quote + 1
    )
  }

  /// Scans a value that is not a string.
  private func scanOther(
    at start: UnsafeRawPointer,
    of form: Field.Form?,
    depth: Int
  ) throws(SyntaxFault) -> ScannedValue {
    let kind: ValueTraits.Kind
    var flags: ValueTraits.Flags = []
    let end: UnsafeRawPointer
    switch start.load(as: UInt8.self) {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      kind = .number
      (end, flags) = try scanNumber(at: start)
    case UInt8(ascii: "n"):
      kind = .null
      end = try scanWord("null", at: start)
    case UInt8(ascii: "t"):
      kind = .boolean
      end = try scanWord("true", at: start)
    case UInt8(ascii: "f"):
      kind = .boolean
      end = try scanWord("false", at: start)
    case UInt8(ascii: "["):
      kind = .array
      var members: Shape?
      if case .objects(let shape)? = form { members = shape }
      (end, flags) = try scanArray(at: start, of: members, depth: depth + 1)
    case UInt8(ascii: "{"):
      kind = .object
      var members = anyObject
      if case .object(let shape)? = form { members = shape }
      (end, flags) = try scanMember(members, at: start, depth: depth + 1)
    default:
      throw fault(at: start, expected: "a value")
    }
    return ScannedValue(
      slice: slice(from: start, to: end),
      traits: ValueTraits(kind: kind, flags: flags),
      end: end
    )
  }

  private func scanWord(
    _ word: StaticString,
    at start: UnsafeRawPointer
  ) throws(SyntaxFault) -> UnsafeRawPointer {
    for index in 0..<word.utf8CodeUnitCount {
      guard try byte(at: start + index, or: "a value") == word.utf8Start[index] else {
        throw fault(at: start, expected: "a value")
      }
    }
    return start + word.utf8CodeUnitCount
  }

  /// Scans an array; its elements are objects of the shape, or anything.
  private func scanArray(
    at start: UnsafeRawPointer,
    of members: Shape?,
    depth: Int
  ) throws(SyntaxFault) -> (end: UnsafeRawPointer, flags: ValueTraits.Flags) {
    try check(depth, at: start)
    var flags: ValueTraits.Flags = []
    var cursor = skipSpace(start + 1)
    if try byte(at: cursor, or: "a value") == UInt8(ascii: "]") { return (cursor + 1, flags) }
    while true {
      let element = try scanValue(at: cursor, of: members.map { .object($0) }, depth: depth)
      flags.formUnion(element.traits.flags.subtracting(.escape))
      if members != nil, element.traits.kind != .object { flags.insert(.misshapen) }
      cursor = skipSpace(element.end)
      switch try byte(at: cursor, or: "\",\" or \"]\"") {
      case UInt8(ascii: ","): cursor = skipSpace(cursor + 1)
      case UInt8(ascii: "]"): return (cursor + 1, flags)
      default: throw fault(at: cursor, expected: "\",\" or \"]\"")
      }
    }
  }

  /// Scans an object within the event.
  private func scanMember(
    _ shape: Shape,
    at start: UnsafeRawPointer,
    depth: Int
  ) throws(SyntaxFault) -> (end: UnsafeRawPointer, flags: ValueTraits.Flags) {
    try check(depth, at: start)
    let found = try scanObject(shape, at: start, depth: depth)
    let places = places.of(shape)
    for field in 0..<shape.count where found.fields.present & 1 << UInt32(field) != 0 {
      let isPlain = found.fields.plain & 1 << UInt32(field) != 0
      let kind = isPlain ? .string : places.fields.traits[field].kind
      switch (fields[shape.first + field].form, kind) {
      case (.text, .string), (.number, .number): continue
      case (.integer, .number) where isInteger(places.fields.slices[field]): continue
      default: return (found.end, found.flags.union(.misshapen))
      }
    }
    return (found.end, found.flags)
  }

  private func check(_ depth: Int, at start: UnsafeRawPointer) throws(SyntaxFault) {
    guard depth <= Self.maximumDepth else {
      throw fault(at: start, expected: "at most 128 levels of nesting")
    }
  }

  private func isInteger(_ number: ByteSlice) -> Bool {
    let text = UnsafeRawBufferPointer(
      start: message + Int(number.offset),
      count: Int(number.length)
    )
    return text.allSatisfy { $0 &- 0x30 <= 9 } || DecimalText(text)?.isInteger ?? false
  }
}
