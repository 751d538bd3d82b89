/// A set of hashes in a bit for each of their beginnings: a hash may be found that was not inserted.
///
/// ```
/// | partition 0 of fingerprints | partition 1 | ...        each whole words
/// ```
/// Unchecked: the bits of a partition are set by one thread, and read when all are set.
final class HashFilter: @unchecked Sendable {
  private static let maximumBitCount = 1 << 27

  private let words: UnsafeMutablePointer<UInt64>
  /// Bits of a hash that choose its place, in all and within its partition.
  private let bitCounts: (all: UInt64, partition: UInt64)

  /// - Parameters:
  ///   - partitionCount: a power of two.
  ///   - expectedCount: of hashes; more cost time.
  init(partitionCount: Int, expectedCount: Int) {
    let wanted = min(expectedCount, Self.maximumBitCount) / partitionCount
    let bits = max(Int.bitWidth - wanted.leadingZeroBitCount, 6)
    bitCounts = (UInt64(bits + partitionCount.trailingZeroBitCount), UInt64(bits))
    let wordCount = partitionCount << bits / UInt64.bitWidth
    words = .allocate(capacity: wordCount)
    words.initialize(repeating: 0, count: wordCount)
  }

  deinit { words.deallocate() }

  /// Inserts what the fingerprint is of.
  @inline(__always)
  func insert(_ fingerprint: Fingerprint, of partition: Int) {
    let place = fingerprint.word &>> (64 &- bitCounts.partition)
    let bit = UInt64(truncatingIfNeeded: partition) &<< bitCounts.partition | place
    words[Int(truncatingIfNeeded: bit &>> 6)] |= 1 &<< (bit & 63)
  }

  @inline(__always)
  func mayContain(_ hash: UInt64) -> Bool {
    let bit = hash &>> (64 &- bitCounts.all)
    return words[Int(truncatingIfNeeded: bit &>> 6)] &>> (bit & 63) & 1 != 0
  }
}
