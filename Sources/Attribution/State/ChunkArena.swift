internal import CScan

/// Memory for records of any length, freed by the chunk.
///
/// ```
/// reference  address in units of 4 bytes; never 0
/// block      8,192 units = 32 chunks
/// chunk      | baseTime (8) | next chunk (4) | bytes used (4) | records ... |      1 KiB
/// ```
///
/// A `ChunkList` collects the records of one bucket and is freed as a whole. Freed chunks are used
/// again, so that the memory stays at the greatest amount ever needed at once.
struct ChunkArena: ~Copyable {
  private(set) var blocks: Blocks
  private let supply: PageSupply
  private var blockCount = 0
  private var blockCapacity = 4
  /// Listed here and not linked through the chunks, which are cold.
  private var freeChunks: [UInt32] = []
  /// Chunks of the last block that were never used; chunk 0 never is, so that no reference is 0.
  private var nextChunk: UInt32 = ChunkArena.chunkUnits

  static let chunkBytes = 1024
  static let headerBytes = 16
  fileprivate static let chunkUnits = UInt32(chunkBytes / 4)
  /// 8 GiB: the first bit of a reference is free for other uses.
  private static let mostBlocks = 262_144

  /// Where the records are; good until the next `allocate`.
  struct Blocks: BitwiseCopyable {
    fileprivate var list: UnsafeMutablePointer<UnsafeMutableRawPointer>

    @inline(__always) func pointer(_ reference: UInt32) -> UnsafeMutableRawPointer {
      list[Int(reference >> 13)] + Int(reference & 0x1FFF) &* 4
    }

    /// Start of the chunk that holds the record.
    @inline(__always) func header(of reference: UInt32) -> UnsafeMutablePointer<ChunkHeader> {
      pointer(reference & ~(ChunkArena.chunkUnits &- 1)).assumingMemoryBound(to: ChunkHeader.self)
    }
  }

  init(_ supply: PageSupply) {
    self.supply = supply
    blocks = Blocks(list: .allocate(capacity: blockCapacity))
  }

  deinit { blocks.list.deallocate() }

  /// Without the supply's pages.
  var allocatedBytes: Int {
    (freeChunks.capacity + 2 * blockCapacity) * 4
  }

  /// Adds a record of `byteCount` bytes (a multiple of 4) to the list.
  @inline(__always)
  mutating func allocate(
    _ byteCount: Int,
    in list: inout ChunkList,
    baseTime: Int64
  ) -> UInt32 {
    if list.used &+ UInt32(truncatingIfNeeded: byteCount) > UInt32(ChunkArena.chunkBytes) {
      addChunk(to: &list, baseTime: baseTime, byteCount: byteCount)
    }
    let reference = list.last &+ list.used >> 2
    list.used &+= UInt32(truncatingIfNeeded: byteCount)
    return reference
  }

  /// Gives the chunks back; the list is empty afterwards.
  mutating func free(_ list: inout ChunkList) {
    var chunk = list.first
    while chunk != 0 {
      freeChunks.append(chunk)
      chunk = blocks.header(of: chunk).pointee.next
    }
    list = ChunkList()
  }

  /// Notes in the last chunk how full it is, so that the records can be walked.
  func seal(_ list: ChunkList) {
    if list.last != 0 { blocks.header(of: list.last).pointee.used = list.used }
  }

  @inline(never)
  private mutating func addChunk(to list: inout ChunkList, baseTime: Int64, byteCount: Int) {
    precondition(
      byteCount <= ChunkArena.chunkBytes - ChunkArena.headerBytes,
      "a record of \(byteCount) bytes is longer than its contract allows"
    )
    let chunk = takeChunk()
    blocks.header(of: chunk).initialize(
      to: ChunkHeader(baseTime: baseTime, next: 0, used: UInt32(ChunkArena.headerBytes))
    )
    if list.last == 0 {
      list.first = chunk
    } else {
      seal(list)
      blocks.header(of: list.last).pointee.next = chunk
    }
    list.last = chunk
    list.used = UInt32(ChunkArena.headerBytes)
  }

  private mutating func takeChunk() -> UInt32 {
    if let chunk = freeChunks.popLast() { return chunk }
    if Int(nextChunk >> 13) >= blockCount { addBlock() }
    defer { nextChunk += ChunkArena.chunkUnits }
    return nextChunk
  }

  private mutating func addBlock() {
    if blockCount == blockCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutableRawPointer>
        .allocate(capacity: 2 * blockCapacity)
      larger.moveInitialize(from: blocks.list, count: blockCount)
      blocks.list.deallocate()
      blocks.list = larger
      blockCapacity *= 2
    }
    precondition(
      blockCount < ChunkArena.mostBlocks,
      "the state of one task is limited to \(ChunkArena.mostBlocks) blocks of 32 KiB"
    )
    (blocks.list + blockCount).initialize(
      to: supply.makePage()
    )
    blockCount += 1
  }
}

/// The head of a chunk.
struct ChunkHeader: BitwiseCopyable {
  /// Start of the bucket, which the records' offsets count from.
  var baseTime: Int64
  var next: UInt32
  /// Bytes used, this head included.
  var used: UInt32
}

/// The records of one bucket: a list of chunks, filled at its end.
struct ChunkList: BitwiseCopyable {
  var first: UInt32 = 0
  var last: UInt32 = 0
  /// Bytes used of the last chunk.
  ///
  /// "Full" when there is none.
  var used = UInt32(ChunkArena.chunkBytes)
}

/// Goes through the cells of a sealed list: clicks and ids of checkouts.
struct ChunkWalk {
  private var chunk: UInt32
  private var cell: UInt32 = 0
  private var end: UInt32 = 0

  init(_ list: ChunkList) { chunk = list.first }

  @inline(__always) mutating func next(in blocks: ChunkArena.Blocks) -> UInt32? {
    while cell == end {
      if chunk == 0 { return nil }
      let header = blocks.header(of: chunk)
      cell = chunk &+ UInt32(ChunkArena.headerBytes / 4)
      end = chunk &+ header.pointee.used / 4
      chunk = header.pointee.next
      prefetchChunk(blocks)
    }
    let stamp = blocks.click(cell).pointee.stamp
    let idLength = Int(stamp & 127)
    let byteCount =
      stamp & CheckoutID.flag == 0
      ? Click.byteCount(idLength: idLength) : CheckoutID.byteCount(idLength: idLength)
    defer { cell &+= UInt32(truncatingIfNeeded: byteCount / 4) }
    return cell
  }

  /// Asks for the next chunk.
  @inline(__always) private func prefetchChunk(_ blocks: ChunkArena.Blocks) {
    guard chunk != 0 else { return }
    for offset in stride(from: 0, to: ChunkArena.chunkBytes, by: 64) {
      prefetch(blocks.pointer(chunk) + offset)
    }
  }
}
