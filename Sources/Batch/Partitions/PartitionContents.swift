import CScan
import Connect
import Events

/// The records of one partition, of all threads, in input order; one partition after another.
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
    /// Of the thread that wrote it.
    var writer: Int
  }

  private static let batchRecordCount = 2048

  private let writers: [PartitionWriter]
  private let texts = TextMemory()
  private let pool: BlockPool
  private var runs: [Run] = []
  /// What was spilled, read back.
  private var memory: UnsafeMutableRawPointer
  private var capacity = 0
  private var blocks: [UnsafeMutableRawPointer] = []

  init(of writers: [PartitionWriter], pool: BlockPool) {
    self.writers = writers
    self.pool = pool
    memory = .allocate(byteCount: PackedTexts.margin, alignment: 64)
  }

  deinit { memory.deallocate() }

  /// Makes a partition the one to read; the blocks of the former one are given back.
  func load(_ partition: Int) throws(ConnectorError) {
    release()
    reserve(spilledByteCount(partition))
    var target = memory
    for (index, writer) in writers.enumerated() {
      for extent in writer.extents[partition] {
        if let block = extent.block {
          blocks.append(block)
          Self.prefetchBlock(block, extent.byteCount)
          addRuns(block, extent.byteCount, of: index)
        } else {
          try writer.spillFile?.read(extent.byteCount, at: extent.offset, into: target)
          addRuns(target, extent.byteCount, of: index)
          target += extent.byteCount
        }
      }
    }
    runs.sort { ($0.key, $0.index) < ($1.key, $1.index) }
  }

  /// Gives the blocks of the partition back.
  func release() {
    pool.giveBack(blocks)
    blocks.removeAll(keepingCapacity: true)
    runs.removeAll(keepingCapacity: true)
  }

  /// Hands on the records of one stream, in input order, in batches; they are valid until the next.
  func forEachBatch<Record: PackedRecord>(
    of type: Record.Type,
    _ body: (RecordBatch<Record>) -> Void
  ) {
    var batch = RecordBatch<Record>()
    texts.removeAll()
    for run in runs where RunHeader.stream(of: run.key) == Record.stream {
      let tables = writers[run.writer].tables
      var cursor = UnsafeRawPointer(run.records)
      let end = cursor + run.byteCount
      while cursor < end {
        let mostBytes = end - cursor + TextTables.maximumByteCount + PackedTexts.margin
        if batch.records.count == Self.batchRecordCount || texts.room < mostBytes {
          if !batch.records.isEmpty { body(batch) }
          batch.removeAll()
          texts.removeAll()
          texts.reserve(mostBytes)
        }
        let unpacked = Record.unpack(&cursor, tables, into: texts.end)
        batch.records.append(unpacked.record)
        texts.append(upTo: unpacked.end)
      }
    }
    if !batch.records.isEmpty { body(batch) }
  }

  /// Asks for all of a block at once: its runs lead all over it.
  private static func prefetchBlock(_ block: UnsafeRawPointer, _ byteCount: Int) {
    for offset in stride(from: 0, to: byteCount, by: 64) { prefetch(block + offset) }
  }

  private func addRuns(_ start: UnsafeMutableRawPointer, _ byteCount: Int, of writer: Int) {
    var cursor = start
    while cursor < start + byteCount {
      let header = cursor.loadUnaligned(as: RunHeader.self)
      cursor += RunHeader.byteCount
      runs.append(
        Run(
          key: header.key,
          index: runs.count,
          records: cursor,
          byteCount: Int(header.byteCount),
          writer: writer
        )
      )
      cursor += Int(header.byteCount)
    }
  }

  private func spilledByteCount(_ partition: Int) -> Int {
    writers.reduce(0) { sum, writer in
      writer.extents[partition].reduce(sum) { $0 + ($1.block == nil ? $1.byteCount : 0) }
    }
  }

  private func reserve(_ byteCount: Int) {
    guard byteCount > capacity else { return }
    memory.deallocate()
    capacity = byteCount
    memory = .allocate(byteCount: byteCount + PackedTexts.margin, alignment: 64)
  }
}

/// The texts of one batch.
private final class TextMemory {
  private static let smallestByteCount = 512 << 10

  private var start: UnsafeMutableRawPointer
  private var capacity = TextMemory.smallestByteCount
  private(set) var end: UnsafeMutableRawPointer

  init() {
    start = .allocate(byteCount: capacity, alignment: 64)
    end = start
  }

  deinit { start.deallocate() }

  var room: Int { start + capacity - end }

  func append(upTo end: UnsafeMutableRawPointer) { self.end = end }

  func removeAll() { end = start }

  /// Makes room in the empty memory.
  func reserve(_ byteCount: Int) {
    guard byteCount > capacity else { return }
    start.deallocate()
    capacity = byteCount
    start = .allocate(byteCount: capacity, alignment: 64)
    end = start
  }
}
