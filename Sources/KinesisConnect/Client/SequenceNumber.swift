/// A record's place in its shard, and in its stream's history: a number of up to 128 digits.
///
/// Later records of a shard have greater ones; a child shard's are greater than its parents'.
package struct SequenceNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Decimal, without leading zeros.
  package let description: String

  package init(_ decimal: String) { description = decimal }

  package static func < (left: SequenceNumber, right: SequenceNumber) -> Bool {
    let counts = (left.description.utf8.count, right.description.utf8.count)
    return counts.0 != counts.1
      ? counts.0 < counts.1
      : left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
  }
}
