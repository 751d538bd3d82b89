import CScan
import Connect
import Events

/// One thread's side of all partitions: takes records and their fingerprints, keeps them in blocks,
/// and writes full blocks to a file when memory runs short.
///
/// ```
/// partition 0   | block, full | block, full | block: run, run, ru...      |
/// partition 1   | block: run, run                                         |
/// ...
/// partition n   | block: run, run ...    from here on a run has fingerprints
/// ```
final class PartitionWriter {
  /// Records of one partition in memory or in the spill file.
  struct Extent {
    /// Nil once it is in the file.
    var block: UnsafeMutableRawPointer?
    var byteCount: Int
    var offset: Int64 = 0
  }

  /// What is known of a record before it is packed.
  private struct Plan: BitwiseCopyable {
    var partition: Int
    var hashes: TextHashes
    /// Of its event_id.
    var idHash: UInt64
  }

  /// Where the next record of a partition goes.
  private struct Head: BitwiseCopyable {
    var cursor: UnsafeMutableRawPointer?
    var end: UnsafeMutableRawPointer?
    /// The header of the run under way.
    var run: UnsafeMutableRawPointer?
    var block: UnsafeMutableRawPointer?
    var runKey: UInt64 = .max

    @inline(__always) var room: Int {
      guard let cursor, let end else { return 0 }
      return end - cursor
    }
  }

  /// How many records ahead the memory is asked for that they go to.
  private static let lookahead = 8

  let tables: TextTables
  private let pool: BlockPool
  private let makeSpillFile: () throws(ConnectorError) -> SpillFile
  private let heads: UnsafeMutablePointer<Head>
  private let layout: PartitionPlan
  private let key: FingerprintKey
  /// Of the records of a batch.
  private var plans: [Plan] = []
  private(set) var extents: [[Extent]]
  private(set) var spillFile: SpillFile?

  init(
    _ number: Int,
    _ layout: PartitionPlan,
    _ key: FingerprintKey,
    pool: BlockPool,
    keepingWholeRecords isWhole: Bool,
    makeSpillFile: @escaping () throws(ConnectorError) -> SpillFile
  ) {
    self.layout = layout
    self.key = key
    self.pool = pool
    tables = TextTables(writer: number, isWhole: isWhole)
    self.makeSpillFile = makeSpillFile
    let count = layout.fingerprintPartitions.upperBound
    heads = .allocate(capacity: count)
    heads.initialize(repeating: Head(), count: count)
    extents = Array(repeating: [], count: count)
  }

  deinit { heads.deallocate() }

  /// Adds the records of a chunk, or a part of one, to their users' partitions, and their fingerprints
  /// to those of the ids.
  func append<Record: PackedRecord>(
    _ records: [Record],
    key: UInt64
  ) throws(ConnectorError) {
    // Of its own while it is in use, so that no access needs to be checked.
    var plans = exchange(&self.plans, with: [])
    defer { self.plans = plans }
    plan(records, in: &plans)
    for (index, record) in records.enumerated() {
      if index + Self.lookahead < plans.count {
        let next = plans[index + Self.lookahead]
        prefetch(heads[next.partition].cursor)
        tables.products.prefetchGroup(of: next.hashes.product)
      }
      let plan = plans[index]
      let head = heads + plan.partition
      // Nearly always there is room for the whole message, whatever is kept of it.
      if head.pointee.runKey != key
        || head.pointee.room < Int(record.byteCount) &+ Record.maximumOverhead
      {
        let needed = record.maximumPackedByteCount(tables)
        guard needed + RunHeader.byteCount <= pool.blockByteCount else {
          try appendLarge(record, plan, key: key, byteCount: needed)
          continue
        }
        if head.pointee.runKey != key || head.pointee.room < needed {
          try startRun(plan.partition, key: key, room: needed)
        }
      }
      guard let cursor = head.pointee.cursor else { continue }
      head.pointee.cursor = record.pack(tables, plan.hashes, to: cursor)
    }
    try appendFingerprints(plans, key: key)
  }

  /// Makes the plans of a batch, and asks for the memory of their texts.
  @inline(__always)
  private func plan<Record: PackedRecord>(_ records: [Record], in plans: inout [Plan]) {
    plans.removeAll(keepingCapacity: true)
    for record in records {
      let hashes = record.textHashes(tables)
      tables.products.prefetchSlot(of: hashes.product)
      plans.append(
        Plan(
          partition: UserPartitions.partition(of: record.user, among: layout.partitionCount),
          hashes: hashes,
          idHash: key.hash(
            record.message + Int(record.eventID.offset),
            Int(record.eventID.length),
            of: Record.stream
          )
        )
      )
    }
  }

  @inline(__always)
  private func appendFingerprints(_ plans: [Plan], key: UInt64) throws(ConnectorError) {
    for plan in plans {
      let partition = layout.fingerprintPartitions.lowerBound &+ self.key.partition(plan.idHash)
      let head = heads + partition
      if head.pointee.runKey != key || head.pointee.room < Fingerprint.byteCount {
        try startRun(partition, key: key, room: Fingerprint.byteCount)
      }
      guard let cursor = head.pointee.cursor else { continue }
      cursor.storeBytes(
        of: self.key.fingerprint(plan.idHash, userPartition: plan.partition),
        as: Fingerprint.self
      )
      head.pointee.cursor = cursor + Fingerprint.byteCount
    }
  }

  /// What the partitions take, in memory and in the file.
  func byteCount(of partitions: Range<Int>) -> Int {
    partitions.reduce(0) { sum, partition in
      extents[partition].reduce(sum) { $0 + $1.byteCount }
    }
  }

  /// Closes all runs: what was added so far is in the extents.
  func finish() {
    for partition in extents.indices { closeBlock(of: partition) }
  }

  private func startRun(_ partition: Int, key: UInt64, room: Int) throws(ConnectorError) {
    let head = heads + partition
    closeRun(head)
    if head.pointee.room < RunHeader.byteCount + room {
      closeBlock(of: partition)
      try openBlock(of: partition)
    }
    guard let cursor = head.pointee.cursor else { return }
    head.pointee.run = cursor
    head.pointee.runKey = key
    head.pointee.cursor = cursor + RunHeader.byteCount
  }

  private func closeRun(_ head: UnsafeMutablePointer<Head>) {
    guard let run = head.pointee.run, let cursor = head.pointee.cursor else { return }
    run.storeBytes(
      of: RunHeader(
        key: head.pointee.runKey,
        byteCount: UInt64(cursor - run - RunHeader.byteCount)
      ),
      as: RunHeader.self
    )
    head.pointee.run = nil
    head.pointee.runKey = .max
  }

  private func closeBlock(of partition: Int) {
    let head = heads + partition
    closeRun(head)
    if let block = head.pointee.block, let cursor = head.pointee.cursor {
      extents[partition].append(Extent(block: block, byteCount: cursor - block))
    }
    head.pointee = Head()
  }

  private func openBlock(of partition: Int) throws(ConnectorError) {
    var block = pool.take()
    if block == nil { block = try spill() }
    let memory = block ?? pool.takeBeyondLimit()
    heads[partition].block = memory
    heads[partition].cursor = memory
    heads[partition].end = memory + pool.blockByteCount
  }

  /// Takes a record that fits no block: straight to the file, as a run of its own.
  private func appendLarge<Record: PackedRecord>(
    _ record: Record,
    _ plan: Plan,
    key: UInt64,
    byteCount: Int
  ) throws(ConnectorError) {
    closeBlock(of: plan.partition)
    let run = UnsafeMutableRawPointer.allocate(
      byteCount: RunHeader.byteCount + byteCount,
      alignment: 16
    )
    defer { run.deallocate() }
    let end = record.pack(tables, plan.hashes, to: run + RunHeader.byteCount)
    let recordByteCount = end - run - RunHeader.byteCount
    run.storeBytes(
      of: RunHeader(key: key, byteCount: UInt64(recordByteCount)),
      as: RunHeader.self
    )
    var extent = Extent(byteCount: end - run)
    extent.offset = try openSpillFile().append(
      UnsafeRawBufferPointer(start: run, count: extent.byteCount)
    )
    extents[plan.partition].append(extent)
  }

  /// Writes every full block to the file, or else the others as far as they are filled.
  ///
  /// - Returns: one of the blocks; nil if this thread holds none.
  private func spill() throws(ConnectorError) -> UnsafeMutableRawPointer? {
    if !extents.contains(where: { $0.contains { $0.block != nil } }) { finish() }
    let file = try openSpillFile()
    var blocks: [UnsafeMutableRawPointer] = []
    for partition in extents.indices {
      for index in extents[partition].indices {
        guard let block = extents[partition][index].block else { continue }
        extents[partition][index].offset = try file.append(
          UnsafeRawBufferPointer(start: block, count: extents[partition][index].byteCount)
        )
        extents[partition][index].block = nil
        blocks.append(block)
      }
    }
    let kept = blocks.popLast()
    pool.giveBack(blocks)
    return kept
  }

  private func openSpillFile() throws(ConnectorError) -> SpillFile {
    if let spillFile { return spillFile }
    let file = try makeSpillFile()
    spillFile = file
    return file
  }
}
