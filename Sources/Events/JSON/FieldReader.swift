import Dataflow

/// Checks the scanned values of a message against the schema.
struct FieldReader {
  let shape: Shape
  private let fields: UnsafePointer<Field>
  private let places: ObjectScanner.Places
  /// One bit for each field of the event.
  private let all: UInt32
  private let required: UInt32
  /// The fields that a plain string of any length fits.
  private let texts: UInt32
  private(set) var times: TimeReader

  init(
    schema: EventSchema,
    fields: UnsafePointer<Field>,
    places: ObjectScanner.Places,
    times: TimeReader
  ) {
    shape = schema.event
    all = schema.all
    required = schema.required
    texts = schema.texts
    self.fields = fields
    self.places = places
    self.times = times
  }

  /// Reads the fields that the scan found; then rewrites text with escapes in place.
  mutating func read(
    _ message: UnsafeMutableRawPointer,
    _ found: ObjectScanner.Found
  ) throws(RejectReason) -> FieldValues {
    var result = FieldValues(slices: places.slices)
    for index in Bits(all & ~found.present) {
      if required & 1 << UInt32(index) != 0 { throw .missing(fields[index]) }
      places.slices[index] = .absent
    }
    var escaped: UInt32 = 0
    for index in Bits(all & found.present & ~(texts & found.plain)) {
      let isPlain = found.plain & 1 << UInt32(index) != 0
      let traits = isPlain ? .plainString : places.traits[index]
      let text = UnsafeRawBufferPointer(
        start: message + Int(places.slices[index].offset),
        count: Int(places.slices[index].length)
      )
      guard fits(fields[index].form, text, traits, &result) else {
        throw .unfit(fields[index], found: traits.kind, text)
      }
      if case .text = fields[index].form, traits.flags.contains(.escape) {
        escaped |= 1 << UInt32(index)
      }
    }
    if escaped != 0 { unescape(escaped, of: message) }
    return result
  }

  /// Whether a value fits a field; reads the time and the amount.
  private mutating func fits(
    _ form: Field.Form,
    _ text: UnsafeRawBufferPointer,
    _ traits: JSONTraits,
    _ result: inout FieldValues
  ) -> Bool {
    switch (form, traits.kind) {
    case (.text(let maximum), .string):
      guard !traits.flags.contains(.unstorableText) else { return false }
      guard let maximum else { return true }
      return 1...maximum ~= characterBytes(text, traits.flags)
    case (.time, .string):
      guard let time = time(text, traits.flags) else { return false }
      result.time = time
      return true
    case (.amount, .number):
      guard let amount = Money(text) else { return false }
      result.amount = amount
      return true
    case (.object, .object), (.objects, .array):
      return isStorable(traits) && text.count <= 1 << 25
    default:
      return false
    }
  }

  /// The length of a string once its escapes are replaced.
  private func characterBytes(
    _ text: UnsafeRawBufferPointer,
    _ flags: JSONTraits.Flags
  ) -> Int {
    guard flags.contains(.escape), let start = text.baseAddress else { return text.count }
    return unescapedByteCount(start, byteCount: text.count)
  }

  private mutating func time(
    _ text: UnsafeRawBufferPointer,
    _ flags: JSONTraits.Flags
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
  private func isStorable(_ traits: JSONTraits) -> Bool {
    traits.flags.isDisjoint(with: [.unstorableText, .unstorableNumber, .misshapen])
  }

  private func unescape(_ escaped: UInt32, of message: UnsafeMutableRawPointer) {
    for index in Bits(escaped) {
      let slice = places.slices[index]
      let byteCount = unescapeJSON(
        message + Int(slice.offset),
        byteCount: Int(slice.length)
      )
      places.slices[index].length = Int32(truncatingIfNeeded: byteCount)
    }
  }
}

/// The indices of the bits that are set, ascending.
private struct Bits: Sequence, IteratorProtocol {
  private var rest: UInt32

  init(_ bits: UInt32) { rest = bits }

  mutating func next() -> Int? {
    guard rest != 0 else { return nil }
    defer { rest &= rest &- 1 }
    return rest.trailingZeroBitCount
  }
}
