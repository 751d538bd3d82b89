/// The indices of the bits that are set, ascending.
struct Bits: Sequence, IteratorProtocol {
  private var rest: UInt32

  init(_ bits: UInt32) { rest = bits }

  mutating func next() -> Int? {
    guard rest != 0 else { return nil }
    defer { rest &= rest &- 1 }
    return rest.trailingZeroBitCount
  }
}
