import CScan

/// Finds the fingerprints that come more than once, a partition of them after the other.
struct RepeatSearch: ~Copyable {
  /// How many fingerprints ahead the memory is asked for.
  private static let lookahead = 16

  /// Those of the partition, with room for as many as the lookahead behind them.
  private var fingerprints = UnsafeMutableBufferPointer<Fingerprint>.allocate(capacity: 1 << 12)
  /// An open-addressing table of fingerprints, 0 where there is none, at most half full.
  private var slots = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: 1 << 13)
  /// Whether any was found.
  private(set) var hasFound = false

  init() {}

  deinit {
    fingerprints.deallocate()
    slots.deallocate()
  }

  /// Notes the repeated ones of the loaded partition, which is number `partition` of its kind.
  ///
  /// - Returns: the shared ones, of each id the first in input order, in the order of the tags.
  mutating func search(
    _ contents: PartitionContents,
    _ partition: Int,
    into filter: HashFilter
  ) -> [Fingerprint] {
    let count = contents.fingerprintCount
    let bits = Int.bitWidth - (2 * count + 1).leadingZeroBitCount
    reserve(count, slotCount: 1 << bits)
    guard let first = fingerprints.baseAddress, let slots = slots.baseAddress else { return [] }
    contents.copyFingerprints(to: first)
    (first + count).initialize(repeating: Fingerprint(word: 0), count: Self.lookahead)

    let shift = UInt64(64 - bits)
    let mask = 1 << bits - 1
    var shared: [Fingerprint] = []
    for index in 0..<count {
      prefetch(slots + Int(truncatingIfNeeded: first[index &+ Self.lookahead].word &>> shift))
      let fingerprint = first[index]
      var place = Int(truncatingIfNeeded: fingerprint.word &>> shift)
      while slots[place] != 0, Fingerprint(word: slots[place]).tag != fingerprint.tag {
        place = (place &+ 1) & mask
      }
      guard slots[place] != 0 else {
        slots[place] = fingerprint.word
        continue
      }
      hasFound = true
      filter.insert(fingerprint, of: partition)
      let earliest = Fingerprint(word: slots[place])
      if earliest != fingerprint { shared.append(earliest) }
    }
    return Self.distinct(shared)
  }

  /// Makes room for the fingerprints, and empty slots.
  private mutating func reserve(_ count: Int, slotCount: Int) {
    if fingerprints.count < count + Self.lookahead {
      fingerprints.deallocate()
      fingerprints = .allocate(capacity: count + Self.lookahead)
    }
    if slots.count < slotCount {
      slots.deallocate()
      slots = .allocate(capacity: slotCount)
    }
    UnsafeMutableBufferPointer(rebasing: slots[..<slotCount]).initialize(repeating: 0)
  }

  private static func distinct(_ fingerprints: [Fingerprint]) -> [Fingerprint] {
    var distinct: [Fingerprint] = []
    for fingerprint in fingerprints.sorted(by: { $0.word < $1.word })
    where distinct.last != fingerprint {
      distinct.append(fingerprint)
    }
    return distinct
  }
}
