/// Memory where a scan leaves the fields of one message, a place each and more as its scanner asks.
struct FieldPlaces {
  /// Where the values are; those of strings without their quotes.
  let slices: UnsafeMutablePointer<ByteSlice>
  /// What they are, except for plain strings, which have no traits worth a note.
  let traits: UnsafeMutablePointer<ValueTraits>

  func advanced(by count: Int) -> FieldPlaces {
    FieldPlaces(slices: slices + count, traits: traits + count)
  }
}

/// Which fields a scan found; one bit each.
struct FoundFields: BitwiseCopyable {
  /// The fields with a value (other than null, or an empty cell).
  var present: UInt32 = 0
  /// Those of them with a string that has no escapes: its slice says it all.
  var plain: UInt32 = 0

  @inline(__always)
  mutating func notePlainStrings(_ fields: UInt32) {
    present |= fields
    plain |= fields
  }

  mutating func note(_ field: Int, _ traits: ValueTraits) {
    let bit = UInt32(1) &<< UInt32(truncatingIfNeeded: field)
    present = traits.kind == .null ? present & ~bit : present | bit
    plain = traits == .plainString ? plain | bit : plain & ~bit
  }
}
