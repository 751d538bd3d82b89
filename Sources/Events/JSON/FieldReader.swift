import Dataflow

/// Checks the scanned values of a message against the schema.
struct FieldReader {
  let fields: UnsafePointer<Field>
  let shape: Shape
  /// By field, as the scanner has left them.
  let values: UnsafePointer<JSONValue>
  let slices: UnsafeMutablePointer<ByteSlice>
  var times: TimeReader

  /// Reads the fields; then rewrites text with escapes in place.
  mutating func read(
    _ message: UnsafeMutableRawPointer,
    present: UInt32
  ) throws(RejectReason) -> FieldValues {
    var result = FieldValues(slices: slices)
    var escaped: UInt32 = 0
    for index in 0..<shape.count {
      let field = fields[index]
      guard present & 1 << UInt32(truncatingIfNeeded: index) != 0 else {
        if field.isRequired { throw .missing(field) }
        slices[index] = .absent
        continue
      }
      let value = values[index]
      let text = UnsafeRawBufferPointer(
        start: message + Int(value.offset),
        count: Int(value.byteCount)
      )
      slices[index] = ByteSlice(offset: value.offset, length: value.byteCount)
      switch field.form {
      case .text(let maximum):
        guard value.kind == .string, !value.flags.contains(.unstorableText),
          maximum.map({ fits(text, maximum: $0, flags: value.flags) }) ?? true
        else { throw .unfit(field, found: value, text) }
        if value.flags.contains(.escape) { escaped |= 1 << UInt32(truncatingIfNeeded: index) }
      case .time:
        guard value.kind == .string, let time = time(text, flags: value.flags) else {
          throw .unfit(field, found: value, text)
        }
        result.time = time
      case .amount:
        guard value.kind == .number, let amount = Money(text) else {
          throw .unfit(field, found: value, text)
        }
        result.amount = amount
      case .object:
        guard value.kind == .object, isStorable(value) else {
          throw .unfit(field, found: value, text)
        }
      case .objects:
        guard value.kind == .array, isStorable(value) else {
          throw .unfit(field, found: value, text)
        }
      case .number, .integer:
        preconditionFailure("\(field.name): a form of inner fields only")
      }
    }
    if escaped != 0 { unescape(escaped, of: message) }
    return result
  }

  private func fits(
    _ text: UnsafeRawBufferPointer,
    maximum: Int,
    flags: JSONValue.Flags
  ) -> Bool {
    guard flags.contains(.escape), let start = text.baseAddress else {
      return 1...maximum ~= text.count
    }
    return 1...maximum ~= unescapedByteCount(start, byteCount: text.count)
  }

  private mutating func time(
    _ text: UnsafeRawBufferPointer,
    flags: JSONValue.Flags
  ) -> EventTime? {
    guard flags.contains(.escape) else { return times.time(text) }
    // No time is longer than 35 bytes, and no byte takes more than six escaped.
    guard text.count <= 6 * 35, !flags.contains(.unstorableText) else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 6 * 35 + 16, alignment: 1) { scratch in
      guard let start = scratch.baseAddress else { return nil }
      scratch.copyMemory(from: text)
      let byteCount = unescapeJSON(start, byteCount: text.count)
      return times.time(UnsafeRawBufferPointer(start: start, count: byteCount))
    }
  }

  /// Whether PostgreSQL's jsonb takes the value, and its members are of their types.
  private func isStorable(_ value: JSONValue) -> Bool {
    value.flags.isDisjoint(with: [.unstorableText, .unstorableNumber, .misshapen])
      && value.byteCount <= 1 << 25
  }

  private func unescape(_ fields: UInt32, of message: UnsafeMutableRawPointer) {
    for index in 0..<shape.count where fields & 1 << UInt32(truncatingIfNeeded: index) != 0 {
      let slice = slices[index]
      let byteCount = unescapeJSON(
        message + Int(slice.offset),
        byteCount: Int(slice.length)
      )
      slices[index].length = Int32(truncatingIfNeeded: byteCount)
    }
  }
}
