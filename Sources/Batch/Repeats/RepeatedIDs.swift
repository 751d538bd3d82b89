import Connect

/// The event_ids that come more than once in the input: what answering has to look at more closely.
struct RepeatedIDs: Sendable {
  let key: FingerprintKey
  /// Those that come more than once, and some others.
  let filter: HashFilter
  /// Those that come in several partitions of users.
  let shared: SharedIDs
  /// Whether no id comes twice.
  let isEmpty: Bool
}

/// Where the ids came first that come in several partitions of users.
///
/// ```
/// partition 0 of fingerprints: | the first fingerprint of an id, that of another, ...    by tag
/// partition 1 of fingerprints: | ...
/// ```
struct SharedIDs: Sendable {
  private let key: FingerprintKey
  /// By partition of fingerprints, in the order of the tags.
  private(set) var lists: [[Fingerprint]]

  init(_ key: FingerprintKey, partitionCount: Int) {
    self.key = key
    lists = Array(repeating: [], count: partitionCount)
  }

  /// Replaces those of a partition of fingerprints.
  ///
  /// - Parameters:
  ///   - partition: of fingerprints.
  ///   - fingerprints: of each id the first in input order, in the order of the tags.
  mutating func replace(_ partition: Int, by fingerprints: [Fingerprint]) {
    lists[partition] = fingerprints
  }

  /// The partitions of fingerprints that have any, so many of them together or a single partition.
  func ranges(ofAtMost limit: Int) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    var count = 0
    for (partition, list) in lists.enumerated() where !list.isEmpty {
      if let last = ranges.last, count + list.count <= limit {
        ranges[ranges.count - 1] = last.lowerBound..<partition + 1
        count += list.count
      } else {
        ranges.append(partition..<partition + 1)
        count = list.count
      }
    }
    return ranges
  }

  /// Where the id is, found in O(log n); nil if it is not shared.
  func place(of hash: UInt64) -> (partition: Int, index: Int)? {
    let partition = key.partition(hash)
    let tag = key.fingerprint(hash, userPartition: 0).tag
    let list = lists[partition]
    var range = list.indices
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      if list[middle].tag == tag { return (partition, middle) }
      range =
        list[middle].tag < tag ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return nil
  }

  /// The partition of the user who has the id; nil if it is not shared.
  func userPartition(of hash: UInt64) -> Int? {
    place(of: hash).map { lists[$0.partition][$0.index].userPartition }
  }
}
