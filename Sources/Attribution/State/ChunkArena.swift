internal import CScan

/// Memory for records of any length, freed by the chunk.
///
/// ```
/// reference  distance from the start in units of 4 bytes; never 0
/// chunk      1 KiB of records; the time that theirs count from stands in a table, by chunk
/// ```
///
/// A `ChunkList` collects the records of one bucket and is freed as a whole. Freed chunks are used
/// again, so that the memory stays at the greatest amount ever needed at once. All addresses are
/// reserved from the first: nothing ever moves.
struct ChunkArena: ~Copyable {
  let blocks: Blocks
  private let memory: UnsafeMutableRawBufferPointer
  private let baseTimes: UnsafeMutableRawBufferPointer
  /// Listed here and not linked through the chunks, which are cold.
  private var freeChunks: [UInt32] = []
  /// The first chunk that was never used; chunk 0 never is, so that no reference is 0.
  private var nextChunk: UInt32 = ChunkArena.chunkUnits
  /// By length, in steps: the first free piece; nil when there is none.
  let freePieces: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// In use, of pieces that are not in chunks.
  var longPieceBytes = 0

  static let chunkBytes = 1024
  static let chunkUnits = UInt32(chunkBytes / 4)
  /// 8 GiB: the first bit of a reference is free for other uses.
  private static let mostBytes = 1 << 33

  /// Where the records are.
  struct Blocks: BitwiseCopyable {
    fileprivate let start: UnsafeMutableRawPointer
    /// Of every chunk: not in its head, so that a few pages hold them all.
    fileprivate let baseTimes: UnsafeMutablePointer<Int64>
    /// Of the ids that are kept as numbers.
    let patterns = IDPatterns()

    @inline(__always) func pointer(_ reference: UInt32) -> UnsafeMutableRawPointer {
      start + Int(truncatingIfNeeded: reference) &* 4
    }

    @inline(__always) func prefetchChunk(_ chunk: UInt32) {
      for offset in stride(from: 0, to: ChunkArena.chunkBytes, by: 64) {
        prefetch(pointer(chunk) + offset)
      }
    }

    /// The time that those of the records in the reference's chunk count from.
    @inline(__always) func baseTime(of reference: UInt32) -> UnsafeMutablePointer<Int64> {
      baseTimes + Int(truncatingIfNeeded: reference / ChunkArena.chunkUnits)
    }
  }

  init() {
    memory = LargePages.reserve(mostBytes: ChunkArena.mostBytes)
    guard let start = memory.baseAddress else {
      preconditionFailure("\(memory.count) bytes are reserved nowhere")
    }
    // A word for every chunk that there may be.
    baseTimes = LargePages.reserve(mostBytes: memory.count / ChunkArena.chunkBytes * 8)
    guard let firstTime = baseTimes.baseAddress else {
      preconditionFailure("\(baseTimes.count) bytes are reserved nowhere")
    }
    blocks = Blocks(
      start: start,
      baseTimes: firstTime.bindMemory(to: Int64.self, capacity: baseTimes.count / 8)
    )
    let sizes = 1 + ChunkArena.longestPiece / ChunkArena.pieceStep
    freePieces = .allocate(capacity: sizes)
    freePieces.initialize(repeating: nil, count: sizes)
  }

  deinit {
    LargePages.release(memory)
    LargePages.release(baseTimes)
    freePieces.deallocate()
    blocks.patterns.deallocate()
  }

  /// In whole pages, as the system gives them.
  var allocatedBytes: Int {
    LargePages.usedBytes(Int(nextChunk) * 4)
      + LargePages.usedBytes(Int(nextChunk / ChunkArena.chunkUnits) * 8)
      + freeChunks.capacity * 4 + longPieceBytes
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
    for place in 0..<list.count { freeChunks.append(list.chunk(place)) }
    list.free(&self)
  }

  @inline(never)
  private mutating func addChunk(to list: inout ChunkList, baseTime: Int64, byteCount: Int) {
    precondition(
      byteCount <= ChunkArena.chunkBytes,
      "a record of \(byteCount) bytes is longer than its contract allows"
    )
    let chunk = takeChunk()
    blocks.prefetchChunk(chunk)
    blocks.baseTime(of: chunk).initialize(to: baseTime)
    list.append(chunk, &self)
  }

  /// A chunk for the caller to divide.
  mutating func takeChunk() -> UInt32 {
    if let chunk = freeChunks.popLast() { return chunk }
    precondition(
      Int(nextChunk) * 4 < memory.count,
      "the state of one task is limited to \(memory.count) bytes"
    )
    defer { nextChunk += ChunkArena.chunkUnits }
    return nextChunk
  }
}
