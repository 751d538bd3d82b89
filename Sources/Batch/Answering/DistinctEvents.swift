import Connect

/// Keeps the events of a partition that come first of their id in the whole input.
///
/// Only the ids that may be repeated are looked at: of one that is in other partitions too, the
/// first is known from the search; within the partition, the records are in input order.
struct DistinctEvents: ~Copyable {
  private let repeated: RepeatedIDs
  private var clicks = IDTable()
  private var checkouts = IDTable()
  private var partition = 0
  /// Those of the partition that were not kept.
  private(set) var duplicates = (clicks: 0, checkouts: 0)

  init(_ repeated: RepeatedIDs) { self.repeated = repeated }

  /// Goes on with another partition.
  mutating func start(_ partition: Int) {
    self.partition = partition
    duplicates = (0, 0)
    guard !repeated.isEmpty else { return }
    clicks.removeAll()
    checkouts.removeAll()
  }

  /// Whether the packed record is the first event of its id.
  @inline(__always)
  mutating func keep(_ record: UnsafeRawPointer, of stream: StreamKind) -> Bool {
    guard !repeated.isEmpty else { return true }
    let id = PackedHeader(of: record).eventID(record)
    let hash = repeated.key.hash(record + PackedHeader.byteCount, id.count, of: stream)
    return !repeated.filter.mayContain(hash) || keep(id, hash, of: stream)
  }

  @inline(never)
  private mutating func keep(
    _ id: UnsafeRawBufferPointer,
    _ hash: UInt64,
    of stream: StreamKind
  ) -> Bool {
    guard let start = id.baseAddress else { return true }
    let comesFirstHere = (repeated.shared.userPartition(of: hash) ?? partition) == partition
    switch stream {
    case .clicks:
      let isKept = comesFirstHere && clicks.insert(start, id.count, hash).isNew
      duplicates.clicks += isKept ? 0 : 1
      return isKept
    case .checkouts:
      let isKept = comesFirstHere && checkouts.insert(start, id.count, hash).isNew
      duplicates.checkouts += isKept ? 0 : 1
      return isKept
    }
  }
}
