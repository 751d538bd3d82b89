/// A record's place in its shard: a decimal number of up to 129 digits that grows along the shard.
struct SequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Without leading zeros.
  let description: String

  /// Nil for what is no such number.
  init?(_ text: some StringProtocol) {
    guard !text.isEmpty, text.utf8.count <= 129,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    let digits = text.drop { $0 == "0" }
    description = digits.isEmpty ? "0" : String(digits)
  }

  static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
    let (left, right) = (left.description.utf8, right.description.utf8)
    return left.count == right.count
      ? left.lexicographicallyPrecedes(right) : left.count < right.count
  }
}
