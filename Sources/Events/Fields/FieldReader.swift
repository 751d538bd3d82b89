import Dataflow

/// Checks the scanned values of a message against the schema.
struct FieldReader<Escapes: EscapeStyle> {
  let schema: EventSchema
  private let fields: UnsafePointer<Field>
  private let places: FieldPlaces
  /// Fields that are checked, and absent all the same; one bit each.
  private let skipped: UInt32
  private(set) var times: TimeReader

  init(
    schema: EventSchema,
    fields: UnsafePointer<Field>,
    places: FieldPlaces,
    times: TimeReader,
    skipping skipped: UInt32 = 0
  ) {
    self.schema = schema
    self.fields = fields
    self.places = places
    self.times = times
    self.skipped = skipped
  }

  /// Reads the fields that the scan found; then rewrites text with escapes in place.
  mutating func read(
    _ message: UnsafeMutableRawPointer,
    _ found: FoundFields
  ) throws(RejectReason) -> FieldValues {
    for index in Bits(schema.all & ~found.present) {
      if schema.required & 1 << UInt32(index) != 0 { throw .missing(fields[index]) }
      places.slices[index] = .absent
    }
    // A plain string settles a text field; of a limited one it remains to look at the length.
    var settled = found.plain & schema.texts
    for index in Bits(found.plain & schema.limitedTexts)
    where !fits(fields[index], byteCount: places.slices[index].length) {
      settled &= ~(1 << UInt32(index))
    }
    var values = FieldValues(slices: places.slices)
    var escaped: UInt32 = 0
    for index in Bits(schema.all & found.present & ~settled) {
      let bit: UInt32 = 1 << UInt32(index)
      let traits = found.plain & bit != 0 ? .plainString : places.traits[index]
      let text = UnsafeRawBufferPointer(
        start: message + Int(places.slices[index].offset),
        count: Int(places.slices[index].length)
      )
      let position = Int(places.slices[index].offset)
      guard read(fields[index], text, traits, into: &values) else {
        throw .unfit(fields[index], found: traits.kind, text, at: position)
      }
      guard !traits.kind.isNested || text.count <= Field.maximumNestedByteCount else {
        throw .tooLong(fields[index], text.count, at: position)
      }
      if traits.flags.contains(.escape) { escaped |= bit }
    }
    for index in Bits(skipped & found.present) { places.slices[index] = .absent }
    if escaped & ~skipped != 0 { unescape(escaped & ~skipped, of: message) }
    return values
  }

  @inline(__always)
  private func fits(_ field: Field, byteCount: Int32) -> Bool {
    guard let maximum = field.maximumByteCount else { return true }
    return byteCount >= 1 && byteCount <= maximum
  }

  /// Reads one value; false if it does not fit the field.
  private mutating func read(
    _ field: Field,
    _ text: UnsafeRawBufferPointer,
    _ traits: ValueTraits,
    into values: inout FieldValues
  ) -> Bool {
    switch field.form {
    case .text:
      return traits.kind == .string && !traits.flags.contains(.unstorableText)
        && fits(field, byteCount: unescapedByteCount(text, traits.flags))
    case .time:
      guard traits.kind == .string, let time = time(text, traits.flags) else { return false }
      values.time = time
      return true
    case .amount:
      guard traits.kind == .number, let amount = Money(text) else { return false }
      values.amount = amount
      return true
    case .object:
      return traits.kind == .object && isStorable(traits.flags)
    case .objects:
      return traits.kind == .array && isStorable(traits.flags)
    case .number, .integer:
      preconditionFailure("\(field.name): a form of members only")
    }
  }

  private func unescapedByteCount(
    _ text: UnsafeRawBufferPointer,
    _ flags: ValueTraits.Flags
  ) -> Int32 {
    guard flags.contains(.escape), let start = text.baseAddress else {
      return Int32(truncatingIfNeeded: text.count)
    }
    return Int32(truncatingIfNeeded: Escapes.unescapedByteCount(start, byteCount: text.count))
  }

  private mutating func time(
    _ text: UnsafeRawBufferPointer,
    _ flags: ValueTraits.Flags
  ) -> EventTime? {
    guard flags.contains(.escape) else { return times.time(text) }
    // No time is longer than 40 bytes.
    let byteCount = 40 * Escapes.maximumExpansion
    guard text.count <= byteCount, !flags.contains(.unstorableText) else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: byteCount + 16, alignment: 1) { scratch in
      guard let start = scratch.baseAddress else { return nil }
      scratch.copyMemory(from: text)
      let byteCount = Escapes.unescape(start, byteCount: text.count)
      return times.time(UnsafeRawBufferPointer(start: start, count: byteCount))
    }
  }

  /// Whether PostgreSQL's jsonb takes what the value has in it, and its members are of their types.
  private func isStorable(_ flags: ValueTraits.Flags) -> Bool {
    flags.isDisjoint(with: [.unstorableText, .unstorableNumber, .misshapen])
  }

  private func unescape(_ escaped: UInt32, of message: UnsafeMutableRawPointer) {
    for index in Bits(escaped) {
      let slice = places.slices[index]
      let byteCount = Escapes.unescape(
        message + Int(slice.offset),
        byteCount: Int(slice.length)
      )
      places.slices[index].length = Int32(truncatingIfNeeded: byteCount)
    }
  }
}
