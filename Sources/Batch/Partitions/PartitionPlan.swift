/// How many partitions there are, and in which blocks they are kept.
///
/// Their number depends on the input only, so that the order of the rows does.
struct PartitionPlan: Sendable {
  private static let maximumPartitionCount: Int64 = 4096
  private static let blockByteCounts = (smallest: 2 << 10, greatest: 32 << 10)

  let partitionCount: Int
  /// A power of two.
  let blockByteCount: Int
  /// Bytes of all blocks, and as many of the partitions that are read back.
  let budget: Int

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
    budget = memoryByteCount / 2
    // A quarter of the blocks may be partly filled.
    let share = budget / (4 * partitionCount * threadCount)
    let size = min(max(share, Self.blockByteCounts.smallest), Self.blockByteCounts.greatest)
    blockByteCount = 1 << (Int.bitWidth - 1 - size.leadingZeroBitCount)
  }
}
