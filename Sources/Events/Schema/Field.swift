/// One member of an event's JSON object (one column of its CSV file): its name and what fits it.
struct Field: BitwiseCopyable, Sendable {
  enum Form: BitwiseCopyable, Sendable {
    /// A string that PostgreSQL's text can hold: no U+0000, no lone surrogate.
    case text
    /// A string holding an RFC 3339 time with a zone. One an event.
    case time
    /// A number that fits numeric(12,2). One an event.
    case amount
    /// Any number that `jsonb` holds.
    case number
    /// As `.number`, without a fraction in value.
    case integer
    /// An object with these members, kept as JSON text.
    case object(Shape)
    /// An array of objects with these members, kept as JSON text.
    case objects(Shape)
  }

  var name: StaticString
  var form: Form
  var isRequired: Bool
  /// Of a text: it has 1 to so many bytes once unescaped, or any number (0 too) if this is nil.
  var maximumByteCount: Int32?
  var isDetail = false

  /// Of an object or an array: in jsonb it may take eight times its text, and no more than 256 MiB.
  static var maximumNestedByteCount: Int { 1 << 25 }

  static func required(_ name: StaticString, _ form: Form, upTo maximum: Int32? = nil) -> Field {
    Field(name: name, form: form, isRequired: true, maximumByteCount: maximum)
  }

  static func optional(_ name: StaticString, _ form: Form) -> Field {
    Field(name: name, form: form, isRequired: false)
  }

  /// An optional field that no answer needs.
  static func detail(_ name: StaticString, _ form: Form) -> Field {
    Field(name: name, form: form, isRequired: false, isDetail: true)
  }
}

/// The fields of one object within `EventSchema.fields`.
struct Shape: BitwiseCopyable, Sendable {
  var first: Int
  var count: Int
}
