import CScan
import Connect
import Events

/// The records or fingerprints of one partition, of all threads, in input order; one partition after
/// another.
///
/// Used by one thread.
final class PartitionContents {
  /// Records of one chunk in memory.
  private struct Run {
    var key: UInt64
    /// Runs of one chunk are in the order of their extents.
    var index: Int
    var records: UnsafeMutableRawPointer
    var byteCount: Int
  }

  /// How many runs ahead the memory is asked for.
  private static let lookahead = 3

  /// The texts that each thread has kept apart from its records, by its number.
  let groups: [TextGroups]
  private let isWhole: Bool
  private let writers: [PartitionWriter]
  private let pool: BlockPool
  private var runs: [Run] = []
  /// What was spilled, read back.
  private var memory: UnsafeMutableRawPointer
  private var capacity = 0
  private var blocks: [UnsafeMutableRawPointer] = []

  init(of writers: [PartitionWriter], pool: BlockPool) {
    self.writers = writers
    groups = writers.map { $0.tables.groups }
    isWhole = writers.contains { $0.tables.isWhole }
    self.pool = pool
    memory = .allocate(byteCount: CopyTexts.margin, alignment: 64)
  }

  deinit { memory.deallocate() }

  /// Makes a partition the one to read.
  func load(_ partition: Int) throws(ConnectorError) {
    forget()
    reserve(spilledByteCount(partition))
    var target = memory
    for writer in writers {
      for extent in writer.extents[partition] {
        if let block = extent.block {
          blocks.append(block)
          addRuns(block, extent.byteCount)
        } else {
          try writer.spillFile?.read(extent.byteCount, at: extent.offset, into: target)
          addRuns(target, extent.byteCount)
          target += extent.byteCount
        }
      }
    }
    runs.sort { ($0.key, $0.index) < ($1.key, $1.index) }
  }

  /// Gives the blocks of the partition back, and frees what was read back.
  func release() {
    pool.giveBack(blocks)
    forget()
  }

  /// Frees what was read back: the partition can be loaded again.
  func forget() {
    reserve(0)
    blocks.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
  }

  /// Hands on every record, packed, in input order: all clicks before all checkouts.
  @inline(__always)
  func forEach(_ body: (UnsafeRawPointer, StreamKind) -> Void) {
    for (index, run) in runs.enumerated() {
      if index + Self.lookahead < runs.count { Self.prefetchRun(runs[index + Self.lookahead]) }
      let stream = RunHeader.stream(of: run.key)
      var cursor = UnsafeRawPointer(run.records)
      let end = cursor + run.byteCount
      while cursor < end {
        body(cursor, stream)
        cursor +=
          stream == .clicks
          ? ClickRecord.byteCount(of: cursor, isWhole: isWhole)
          : CheckoutRecord.byteCount(of: cursor, isWhole: isWhole)
      }
    }
  }

  /// How many fingerprints the partition has, if it is one of them.
  var fingerprintCount: Int { runs.reduce(0) { $0 + $1.byteCount } / Fingerprint.byteCount }

  /// Copies every fingerprint of a partition of them, in input order.
  func copyFingerprints(to target: UnsafeMutablePointer<Fingerprint>) {
    var end = UnsafeMutableRawPointer(target)
    for (index, run) in runs.enumerated() {
      if index + Self.lookahead < runs.count { Self.prefetchRun(runs[index + Self.lookahead]) }
      end.copyMemory(from: run.records, byteCount: run.byteCount)
      end += run.byteCount
    }
  }

  @inline(__always)
  private static func prefetchRun(_ run: Run) {
    for offset in stride(from: 0, to: min(run.byteCount, 1024), by: 64) {
      prefetch(run.records + offset)
    }
  }

  private func addRuns(_ start: UnsafeMutableRawPointer, _ byteCount: Int) {
    var cursor = start
    while cursor < start + byteCount {
      let header = cursor.loadUnaligned(as: RunHeader.self)
      cursor += RunHeader.byteCount
      runs.append(
        Run(
          key: header.key,
          index: runs.count,
          records: cursor,
          byteCount: Int(header.byteCount)
        )
      )
      cursor += Int(header.byteCount)
    }
  }

  /// What `load` reads back.
  func spilledByteCount(_ partition: Int) -> Int {
    writers.reduce(0) { sum, writer in
      writer.extents[partition].reduce(sum) { $0 + ($1.block == nil ? $1.byteCount : 0) }
    }
  }

  private func reserve(_ byteCount: Int) {
    guard byteCount != capacity else { return }
    memory.deallocate()
    capacity = byteCount
    memory = .allocate(byteCount: byteCount + CopyTexts.margin, alignment: 64)
  }
}
