import Connect

/// What is remembered of an event to find those whose id comes again, whatever user they name.
///
/// ```
/// hash of the event_id   its partition of fingerprints (0 to 10 bits) | tag (51 bits) | not kept
/// fingerprint            tag (51 bits) | 1 | partition of the user (12 bits)
/// ```
/// Equal ids have equal tags in one partition, so an event whose tag comes once is no duplicate.
/// The set bit tells a fingerprint from an empty place.
struct Fingerprint: BitwiseCopyable, Equatable {
  static let byteCount = 8
  static let userPartitionBits = 12
  static let tagBits = 64 - userPartitionBits - 1
  private static let userPartitionMask: UInt64 = 1 << UInt64(userPartitionBits) - 1

  let word: UInt64

  @inline(__always)
  init(word: UInt64) { self.word = word }

  /// - Parameters:
  ///   - tag: the upper 51 bits; the lower ones are left out.
  ///   - userPartition: of the event's user.
  @inline(__always)
  init(tag: UInt64, userPartition: Int) {
    let rest = Self.userPartitionMask &+ 1
    word =
      tag & ~(Self.userPartitionMask | rest) | rest | UInt64(truncatingIfNeeded: userPartition)
  }

  @inline(__always) var tag: UInt64 { word &>> UInt64(64 &- Self.tagBits) }
  @inline(__always) var userPartition: Int {
    Int(truncatingIfNeeded: word & Self.userPartitionMask)
  }
}

/// Hashes event_ids for one run: how they spread over the partitions of fingerprints, and what is
/// kept of each.
struct FingerprintKey: Sendable {
  /// One a stream, independent: no click's id meets a checkout's but by chance.
  private let seeds = (
    clicks: UInt64.random(in: .min ... .max), checkouts: UInt64.random(in: .min ... .max)
  )
  private let partitionBits: UInt64

  /// - Parameter partitionCount: of fingerprints; a power of two.
  init(partitionCount: Int) {
    partitionBits = UInt64(partitionCount.trailingZeroBitCount)
  }

  /// Up to 7 bytes behind the id are read.
  @inline(__always)
  func hash(_ id: UnsafeRawPointer, _ byteCount: Int, of stream: StreamKind) -> UInt64 {
    WordHash.fold(id, byteCount, into: stream == .clicks ? seeds.clicks : seeds.checkouts)
  }

  @inline(__always)
  func partition(_ hash: UInt64) -> Int {
    // Not `&>>`: of a single partition it is 64 bits.
    Int(truncatingIfNeeded: hash >> (64 - partitionBits))
  }

  @inline(__always)
  func fingerprint(_ hash: UInt64, userPartition: Int) -> Fingerprint {
    Fingerprint(tag: hash &<< partitionBits, userPartition: userPartition)
  }
}
