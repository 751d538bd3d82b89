/// A record's place in its shard, those that a producer aggregated told apart.
///
///     17   18:-1 18:0 18:1 18:2 18   19      subsequence counts within an aggregate, from 0
///
/// Without a subsequence it stands for a plain record, or for a whole aggregate: behind all that is
/// in it. -1 is right before a record, plain or not. What the Kinesis Client Library calls
/// ExtendedSequenceNumber.
struct RecordNumber: Hashable, Comparable, CustomStringConvertible {
  var sequence: SequenceNumber
  /// Nil: a plain record, or the last of an aggregate; -1: nothing of it.
  var subsequence: Int?

  init(_ sequence: SequenceNumber, subsequence: Int? = nil) {
    self.sequence = sequence
    self.subsequence = subsequence
  }

  /// Reads a description; nil for anything else.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard Self.isNumber(parts[0]) else { return nil }
    sequence = SequenceNumber(String(parts[0]))
    if parts.count > 1 {
      guard Self.isNumber(parts[1]) || parts[1] == "-1", let subsequence = Int(parts[1]) else {
        return nil
      }
      self.subsequence = subsequence
    }
  }

  /// `SEQUENCE`, or `SEQUENCE:SUBSEQUENCE` inside of an aggregate.
  var description: String {
    subsequence.map { "\(sequence):\($0)" } ?? sequence.description
  }

  static func < (left: RecordNumber, right: RecordNumber) -> Bool {
    left.sequence == right.sequence
      ? left.subsequence ?? .max < right.subsequence ?? .max : left.sequence < right.sequence
  }

  private static func isNumber(_ text: some StringProtocol) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
