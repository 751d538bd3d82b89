/// Takes apart fields in PostgreSQL's binary COPY form, in the order in which they stand.
///
///     byte count (Int32, big-endian; -1: NULL) | bytes | byte count | bytes | ...
@usableFromInline
package struct CopyFieldReader {
  @usableFromInline let fields: UnsafeRawBufferPointer
  @usableFromInline var offset = 0

  /// Starts at the first of the fields, which must stay where they are meanwhile.
  @inlinable package init(_ fields: UnsafeRawBufferPointer) { self.fields = fields }

  /// The next field's bytes; nil for NULL.
  @inlinable package mutating func next() -> UnsafeRawBufferPointer? {
    let byteCount = Int(
      Int32(bigEndian: fields.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    )
    offset += 4
    guard byteCount >= 0 else { return nil }
    defer { offset += byteCount }
    return UnsafeRawBufferPointer(rebasing: fields[offset..<offset + byteCount])
  }

  /// The next field, a `numeric` of two decimals; `.absent` for NULL.
  ///
  ///     digit count | weight | sign | scale | digits        Int16 each, big-endian
  ///
  /// The digits are in base 10,000; the first is worth 10,000 ^ weight.
  @inlinable package mutating func nextMoney() -> Money {
    guard let field = next() else { return .absent }
    func word(_ index: Int) -> Int64 {
      Int64(Int16(bigEndian: field.loadUnaligned(fromByteOffset: 2 * index, as: Int16.self)))
    }
    let digitCount = Int(word(0))
    let weight = Int(word(1))
    var units: Int64 = 0
    var hundredths: Int64 = 0
    // Two decimals: nothing behind the first digit after the decimal point counts.
    for place in stride(from: max(weight, 0), through: -1, by: -1) {
      let index = weight - place
      let digit = 0..<digitCount ~= index ? word(4 + index) : 0
      if place >= 0 { units = units * 10_000 + digit } else { hundredths = digit / 100 }
    }
    let magnitude = units * 100 + hundredths
    return Money(hundredths: word(2) == 0 ? magnitude : -magnitude)
  }
}
