import Connect
import Synchronization

/// Lends partitions one after another to several threads, each to one of them.
final class PartitionSweep: Sendable {
  private let partitions: Range<Int>
  private let writers: UncheckedShare<[PartitionWriter]>
  private let pool: BlockPool
  private let isLast: Bool
  private let room: PartitionRoom
  private let nextPartition: Atomic<Int>

  /// - Parameters:
  ///   - partitions: of users or of fingerprints.
  ///   - writers: that have filled them.
  ///   - pool: whose blocks they are in.
  ///   - budget: bytes of what is read back at the same time.
  ///   - isLast: whether nobody needs the partitions again.
  init(
    over partitions: Range<Int>,
    of writers: [PartitionWriter],
    _ pool: BlockPool,
    budget: Int,
    isLast: Bool
  ) {
    self.partitions = partitions
    self.writers = UncheckedShare(writers)
    self.pool = pool
    self.isLast = isLast
    room = PartitionRoom(first: partitions.lowerBound, budget: budget)
    nextPartition = Atomic(partitions.lowerBound)
  }

  /// What a thread reads partitions by.
  func makeContents() -> PartitionContents { PartitionContents(of: writers.value, pool: pool) }

  /// Calls `body` while the contents are those of the next partition.
  ///
  /// - Returns: its number; nil when there is none.
  func next(
    _ contents: PartitionContents,
    _ body: (Int) throws(ConnectorError) -> Void
  ) throws(ConnectorError) -> Int? {
    let partition = nextPartition.add(1, ordering: .relaxed).oldValue
    guard partition < partitions.upperBound else { return nil }
    let byteCount = contents.spilledByteCount(partition)
    try room.enter(partition, byteCount: byteCount)
    try contents.load(partition)
    try body(partition)
    if isLast { contents.release() } else { contents.forget() }
    try room.leave(byteCount: byteCount)
    return partition
  }

  /// Calls `body` for one partition after another, while the contents are its.
  func forEach(
    _ contents: PartitionContents,
    _ body: (Int) throws(ConnectorError) -> Void
  ) throws(ConnectorError) {
    while try next(contents, body) != nil {}
  }

  /// Wakes the threads that wait for partitions that will never come.
  func fail(_ error: ConnectorError) { room.fail(error) }
}
