import Dataflow

/// The contract of an event as a table: what the decoders, and only they, are driven by.
///
/// Objects within the event have their members behind the event's own fields:
/// ```
/// fields   event_id  user_id ... shipping_address | product_id ... quantity | city ... zip_code
///          `- shape `event`                      -´ `- shape of items      -´ `- of the address
/// ```
package struct EventSchema: Sendable {
  let fields: [Field]
  /// The fields of the event itself; at most 31, so that a bit each, and one more, fit 32.
  let event: Shape
  /// One bit for each field of the event.
  let all: UInt32
  let required: UInt32
  let texts: UInt32
  /// Texts of a limited length.
  let limitedTexts: UInt32
  /// Those that no answer needs.
  let details: UInt32

  init(event fields: [Field], members: [Field] = []) {
    precondition(fields.count <= 31, "an event of \(fields.count) fields: at most 31")
    self.fields = fields + members
    event = Shape(first: 0, count: fields.count)
    all = 1 << UInt32(fields.count) - 1
    required = Self.bits(fields) { $0.isRequired }
    texts = Self.bits(fields) { if case .text = $0.form { true } else { false } }
    limitedTexts = Self.bits(fields) { $0.maximumByteCount != nil }
    details = Self.bits(fields) { $0.isDetail }
  }

  private static func bits(_ fields: [Field], where holds: (Field) -> Bool) -> UInt32 {
    var bits: UInt32 = 0
    for (index, field) in fields.enumerated() where holds(field) { bits |= 1 << UInt32(index) }
    return bits
  }

  /// The names of the event's fields, in the table's order.
  package var fieldNames: [String] { fields[..<event.count].map { "\($0.name)" } }
}

/// An event type that the codecs can decode.
protocol DecodableEvent: EventRecord {
  static var schema: EventSchema { get }

  /// Takes over the values, which stand in the order of the schema's fields.
  init(
    message: UnsafeMutableRawPointer,
    byteCount: Int32,
    offset: Int64,
    values: FieldValues
  )
}

/// The checked values of one event.
struct FieldValues {
  /// By field; of the time and the amount only where they stand.
  let slices: UnsafeMutablePointer<ByteSlice>
  var time = EventTime(microseconds: 0)
  var amount = Money.absent
}
