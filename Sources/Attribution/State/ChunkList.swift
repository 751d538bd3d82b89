internal import CScan

/// The records of one bucket: chunks of the arena, filled at the end of the last one.
///
/// Owned by its bucket, which gives it back to the arena; the list of chunks is a piece of it too.
struct ChunkList: BitwiseCopyable {
  /// References, in whose last 8 bits stands how much of a chunk that was filled is free.
  private var chunks = PieceList<UInt32>()
  /// The chunk that is being filled; 0: none.
  private(set) var last: UInt32 = 0
  /// Bytes used of it; "full" when there is none.
  var used = UInt32(ChunkArena.chunkBytes)

  private static let freeMask = ChunkArena.chunkUnits - 1

  var count: Int32 { chunks.count }

  /// What is free of the last chunk; never all of it, as a chunk is taken for a record.
  private var freeUnits: UInt32 { ChunkArena.chunkUnits &- used / 4 }

  /// Where the arena has a chunk: the `place`-th from 0 on, as they were filled.
  @inline(__always) func chunk(_ place: Int32) -> UInt32 { chunks[place] & ~ChunkList.freeMask }

  /// The cells of a chunk.
  @inline(__always) func cells(_ place: Int32) -> ChunkCells {
    let chunk = chunk(place)
    let free = place &+ 1 == count ? freeUnits : chunks[place] & ChunkList.freeMask
    return ChunkCells(next: chunk, end: chunk &+ ChunkArena.chunkUnits &- free)
  }

  mutating func append(_ chunk: UInt32, _ arena: inout ChunkArena) {
    if count > 0 { chunks[count &- 1] |= freeUnits }
    chunks.append(chunk, fewest: 4, &arena)
    last = chunk
    used = 0
  }

  /// Frees the list, not the chunks.
  mutating func free(_ arena: inout ChunkArena) {
    chunks.free(&arena)
    self = ChunkList()
  }

  /// Gives the list back when the arena goes too.
  func freeAtEnd() { chunks.freeAtEnd() }
}

/// The cells of one chunk, one after another: clicks and ids of checkouts.
struct ChunkCells: BitwiseCopyable {
  fileprivate var next: UInt32
  fileprivate let end: UInt32

  @inline(__always) mutating func next(in blocks: ChunkArena.Blocks) -> UInt32? {
    if next == end { return nil }
    let stamp = blocks.click(next).pointee.stamp
    let code = stamp & 127
    let byteCount =
      stamp & CheckoutID.flag == 0
      ? Click.byteCount(idCode: code) : CheckoutID.byteCount(idCode: code)
    defer { next &+= UInt32(truncatingIfNeeded: byteCount / 4) }
    return next
  }
}

/// Goes through all cells of a list.
struct ChunkWalk: BitwiseCopyable {
  private let list: ChunkList
  private var place: Int32 = 0
  private var cells = ChunkCells(next: 0, end: 0)

  init(_ list: ChunkList) { self.list = list }

  @inline(__always) mutating func next(in blocks: ChunkArena.Blocks) -> UInt32? {
    while true {
      if let cell = cells.next(in: blocks) { return cell }
      if place == list.count { return nil }
      cells = list.cells(place)
      place &+= 1
      if place < list.count { blocks.prefetchChunk(list.chunk(place)) }
    }
  }
}
