/// How many partitions there are, and in which blocks they are kept.
///
/// Their number depends on the input only, so that the order of the rows does.
struct PartitionPlan: Sendable {
  private static let maximumPartitionCount: Int64 = 1 << Int64(Fingerprint.userPartitionBits)
  private static let blockByteCounts = (smallest: 2 << 10, greatest: 32 << 10)

  /// Of users' records; a power of two.
  let partitionCount: Int
  /// A power of two.
  let blockByteCount: Int
  /// Bytes of all blocks, and as many of the partitions that are read back.
  let budget: Int

  /// The records, by user.
  var userPartitions: Range<Int> { 0..<partitionCount }
  /// The fingerprints, by event_id: they are kept like the records, and behind them.
  ///
  /// Being small, they take fewer partitions; a power of two.
  let fingerprintPartitions: Range<Int>

  /// - Parameters:
  ///   - inputByteCount: of all files, unpacked; may be estimated.
  ///   - partitionByteCount: how much of it makes a partition.
  ///   - memoryByteCount: what blocks may take, and what answering takes besides.
  ///   - threadCount: each fills a block of every partition.
  init(
    inputByteCount: Int64,
    partitionByteCount: Int,
    memoryByteCount: Int,
    threadCount: Int
  ) {
    let wanted = min(inputByteCount / Int64(partitionByteCount), Self.maximumPartitionCount)
    partitionCount = 1 << (Int64.bitWidth - max(wanted - 1, 0).leadingZeroBitCount)
    let fingerprintCount = max(partitionCount / 4, 1)
    fingerprintPartitions = partitionCount..<partitionCount + fingerprintCount
    budget = memoryByteCount / 2
    // A quarter of the blocks may be partly filled.
    let share = budget / (4 * fingerprintPartitions.upperBound * threadCount)
    let size = min(max(share, Self.blockByteCounts.smallest), Self.blockByteCounts.greatest)
    blockByteCount = 1 << (Int.bitWidth - 1 - size.leadingZeroBitCount)
  }
}
