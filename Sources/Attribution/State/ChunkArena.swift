/// Memory for records of any length, freed by the chunk.
///
/// ```
/// reference  address in units of 4 bytes; never 0
/// block      65,536 units = 256 chunks
/// chunk      | baseTime (8) | next chunk (4) | bytes used (4) | records ... |      1 KiB
/// ```
///
/// A `ChunkList` collects the records of one bucket and is freed as a whole; or its chunks retire
/// first, until no reference leads to them any more. Freed chunks are used again, so that the memory
/// stays at the greatest amount ever needed at once.
struct ChunkArena: ~Copyable {
  private var blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private var blockCount = 0
  private var blockCapacity = 4
  /// Listed here and not linked through the chunks, which are cold.
  private var freeChunks: [UInt32] = []
  private var retiredChunks: [UInt32] = []
  /// Chunks of the last block that were never used; chunk 0 never is, so that no reference is 0.
  private var nextChunk: UInt32 = ChunkArena.chunkUnits

  static let chunkBytes = 1024
  static let headerBytes = 16
  private static let chunkUnits = UInt32(chunkBytes / 4)
  private static let blockUnits: UInt32 = 65_536
  private static let blockChunks = Int(blockUnits / chunkUnits)

  init() { blocks = .allocate(capacity: blockCapacity) }

  deinit {
    for index in 0..<blockCount { blocks[index].deallocate() }
    blocks.deallocate()
  }

  var allocatedBytes: Int {
    blockCount * Int(ChunkArena.blockUnits) * 4
      + (freeChunks.capacity + retiredChunks.capacity) * 4
  }

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
    var chunk = list.first
    while chunk != 0 {
      freeChunks.append(chunk)
      chunk = header(of: chunk).pointee.next
    }
    list = ChunkList()
  }

  // MARK: Retired chunks

  /// Gives a chunk back later, with the next `reclaim`: until then it keeps its records, so that
  /// stale references may still be followed.
  mutating func retire(_ chunk: UInt32) { retiredChunks.append(chunk) }

  /// True when the retired chunks are an eighth of all: what a sweep over the references costs is
  /// then little for each record it forgets.
  var isWorthReclaiming: Bool {
    retiredChunks.count * 8 >= blockCount * ChunkArena.blockChunks
  }

  /// The chunks that the next `reclaim` gives back.
  func chunksToReclaim() -> ChunkSet {
    var chunks = ChunkSet(capacity: blockCount * ChunkArena.blockChunks)
    for chunk in retiredChunks { chunks.insert(chunk) }
    return chunks
  }

  /// Gives the retired chunks back: no reference to them is left.
  mutating func reclaim() {
    freeChunks += retiredChunks
    retiredChunks.removeAll(keepingCapacity: true)
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
    if let chunk = freeChunks.popLast() { return chunk }
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

/// Some chunks of an arena.
struct ChunkSet: ~Copyable {
  private let words: UnsafeMutablePointer<UInt64>

  init(capacity: Int) {
    let count = capacity / 64 + 1
    words = .allocate(capacity: count)
    words.initialize(repeating: 0, count: count)
  }

  deinit { words.deallocate() }

  /// - Parameter reference: of any record in the chunk.
  mutating func insert(_ reference: UInt32) {
    words[Int(reference >> 14)] |= 1 << UInt64(reference >> 8 & 63)
  }

  @inline(__always) func contains(_ reference: UInt32) -> Bool {
    words[Int(reference >> 14)] >> UInt64(reference >> 8 & 63) & 1 != 0
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
