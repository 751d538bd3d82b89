/// What a scan learned of a value besides where it stands.
struct ValueTraits: Equatable, BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case string, number, boolean, null, array, object

    var isNested: Bool { self == .array || self == .object }
  }

  /// What may bar a well-formed value from a field.
  ///
  /// An array or an object has the flags of everything within.
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8
    /// A string with a backslash: to be unescaped.
    static let escape = Flags(rawValue: 1)
    /// A string with U+0000 or a lone surrogate: PostgreSQL's text and jsonb cannot hold it.
    static let unstorableText = Flags(rawValue: 2)
    /// A number beyond what jsonb can hold for sure: 1000 digits, exponents up to 1000.
    static let unstorableNumber = Flags(rawValue: 4)
    /// A member of a known object is of another type than its field.
    static let misshapen = Flags(rawValue: 8)
  }

  var kind: Kind
  var flags: Flags

  static let plainString = ValueTraits(kind: .string, flags: [])
}
