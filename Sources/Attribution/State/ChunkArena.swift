/// Memory for records of any length, freed by the chunk.
///
/// ```
/// reference  address in units of 4 bytes; never 0
/// block      65,536 units = 256 chunks
/// chunk      | baseTime (8) | next chunk (4) | bytes used (4) | records ... |      1 KiB
/// ```
///
/// A `ChunkList` collects the records of one bucket and is freed as a whole. Freed chunks are used
/// again, so that the memory stays at the greatest amount ever needed at once.
struct ChunkArena: ~Copyable {
  private var blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var blockCount = 0
  private var blockCapacity = 4
  private var freeChunk: UInt32 = 0
  /// Chunks of the last block that were never used; chunk 0 never is, so that no reference is 0.
  private var nextChunk: UInt32 = ChunkArena.chunkUnits

  static let chunkBytes = 1024
  static let headerBytes = 16
  private static let chunkUnits = UInt32(chunkBytes / 4)
  private static let blockUnits: UInt32 = 65_536

  init() { blocks = .allocate(capacity: blockCapacity) }

  deinit {
    for index in 0..<blockCount { blocks[index].deallocate() }
    blocks.deallocate()
  }

  var allocatedBytes: Int { blockCount * Int(ChunkArena.blockUnits) * 4 }

  @inline(__always) func pointer(_ reference: UInt32) -> UnsafeMutableRawPointer {
    blocks[Int(reference >> 16)] + Int(reference & 0xFFFF) &* 4
  }

  /// Start of the chunk that holds the record.
  @inline(__always) func header(of reference: UInt32) -> UnsafeMutablePointer<ChunkHeader> {
    pointer(reference & ~(ChunkArena.chunkUnits &- 1)).assumingMemoryBound(to: ChunkHeader.self)
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
    guard list.first != 0 else { return }
    header(of: list.last).pointee.next = freeChunk
    freeChunk = list.first
    list = ChunkList()
  }

  /// Notes in the last chunk how full it is, so that the records can be walked.
  func seal(_ list: ChunkList) {
    if list.last != 0 { header(of: list.last).pointee.used = list.used }
  }

  private mutating func addChunk(to list: inout ChunkList, baseTime: Int64, byteCount: Int) {
    precondition(
      byteCount <= ChunkArena.chunkBytes - ChunkArena.headerBytes,
      "a record of \(byteCount) bytes is longer than its contract allows"
    )
    let chunk = takeChunk()
    header(of: chunk).initialize(
      to: ChunkHeader(baseTime: baseTime, next: 0, used: UInt32(ChunkArena.headerBytes))
    )
    if list.last == 0 {
      list.first = chunk
    } else {
      seal(list)
      header(of: list.last).pointee.next = chunk
    }
    list.last = chunk
    list.used = UInt32(ChunkArena.headerBytes)
  }

  private mutating func takeChunk() -> UInt32 {
    if freeChunk != 0 {
      let chunk = freeChunk
      freeChunk = header(of: chunk).pointee.next
      return chunk
    }
    if Int(nextChunk >> 16) >= blockCount { addBlock() }
    defer { nextChunk += ChunkArena.chunkUnits }
    return nextChunk
  }

  private mutating func addBlock() {
    if blockCount == blockCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutableRawPointer>
        .allocate(capacity: 2 * blockCapacity)
      larger.moveInitialize(from: blocks, count: blockCount)
      blocks.deallocate()
      blocks = larger
      blockCapacity *= 2
    }
    (blocks + blockCount).initialize(
      to: .allocate(byteCount: Int(ChunkArena.blockUnits) * 4, alignment: 64)
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
  /// Bytes used of the last chunk. "Full" when there is none.
  var used = UInt32(ChunkArena.chunkBytes)
}
