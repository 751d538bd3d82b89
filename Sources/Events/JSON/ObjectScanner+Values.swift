extension ObjectScanner {
  /// Scans the value at `start`; `end` is the byte behind it.
  ///
  /// `form` is the field's; nil for an unknown one, whose value only has to be JSON.
  @inline(__always)
  func scanValue(
    at start: UnsafeRawPointer,
    of form: Field.Form?,
    depth: Int
  ) throws(JSONFault) -> (value: JSONValue, end: UnsafeRawPointer) {
    guard try byte(at: start, or: "a value") == UInt8(ascii: "\"") else {
      return try scanOther(at: start, of: form, depth: depth)
    }
    let string = try scanString(at: start + 1)
    return (
      value(.string, from: start + 1, to: string.quote, flags: string.flags), string.quote + 1
    )
  }

  @inline(__always)
  private func value(
    _ kind: JSONValue.Kind,
    from start: UnsafeRawPointer,
    to end: UnsafeRawPointer,
    flags: JSONValue.Flags
  ) -> JSONValue {
    // A message is shorter than 2^31 bytes.
    JSONValue(
      offset: UInt32(truncatingIfNeeded: start - message),
      byteCount: Int32(truncatingIfNeeded: end - start),
      kind: kind,
      flags: flags
    )
  }

  /// Scans a value that is not a string.
  @inline(never)
  private func scanOther(
    at start: UnsafeRawPointer,
    of form: Field.Form?,
    depth: Int
  ) throws(JSONFault) -> (value: JSONValue, end: UnsafeRawPointer) {
    let kind: JSONValue.Kind
    var flags: JSONValue.Flags = []
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
    return (value(kind, from: start, to: end, flags: flags), end)
  }

  private func scanWord(
    _ word: StaticString,
    at start: UnsafeRawPointer
  ) throws(JSONFault) -> UnsafeRawPointer {
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
  ) throws(JSONFault) -> (end: UnsafeRawPointer, flags: JSONValue.Flags) {
    try check(depth, at: start)
    var flags: JSONValue.Flags = []
    var cursor = skipSpace(start + 1)
    if try byte(at: cursor, or: "a value") == UInt8(ascii: "]") { return (cursor + 1, flags) }
    while true {
      let element = try scanValue(at: cursor, of: members.map { .object($0) }, depth: depth)
      flags.formUnion(element.value.flags)
      if members != nil, element.value.kind != .object { flags.insert(.misshapen) }
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
  ) throws(JSONFault) -> (end: UnsafeRawPointer, flags: JSONValue.Flags) {
    try check(depth, at: start)
    let object = try scanObject(shape, at: start, depth: depth)
    for field in 0..<shape.count where object.present & 1 << field != 0 {
      let value = values[3 * shape.first + field]
      switch (fields[shape.first + field].form, value.kind) {
      case (.text, .string), (.number, .number): continue
      case (.integer, .number) where isInteger(value): continue
      default: return (object.end, object.flags.union(.misshapen))
      }
    }
    return (object.end, object.flags)
  }

  private func check(_ depth: Int, at start: UnsafeRawPointer) throws(JSONFault) {
    guard depth <= Self.maximumDepth else {
      throw fault(at: start, expected: "at most 128 levels of nesting")
    }
  }

  private func isInteger(_ number: JSONValue) -> Bool {
    guard number.flags.contains(.fraction) else { return true }
    let text = UnsafeRawBufferPointer(
      start: message + Int(number.offset),
      count: Int(number.byteCount)
    )
    return DecimalText(text)?.isInteger ?? false
  }
}
