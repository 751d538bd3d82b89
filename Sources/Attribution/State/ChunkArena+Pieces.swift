/// Pieces of memory of any length, freed one by one.
///
/// ```
/// chunk        | piece | piece | piece | ... all of one length |
/// free piece   | next free one of its length (8) | ...         |
/// ```
///
/// A task that holds little of each bucket, as those of a log with many partitions do, takes and frees
/// a piece for every other record. `malloc` would have to share them among threads, for a task moves
/// from one to another; here nobody else is asked. Lengths are multiples of 16; chunks that were cut
/// stay cut. Longer pieces are `malloc`'s.
extension ChunkArena {
  static let longestPiece = 512
  static let pieceStep = 16

  /// Memory for `byteCount` bytes, aligned to 16: to be given back by `freePiece`.
  ///
  /// O(1). A short one goes with the arena at the latest.
  @inline(__always)
  mutating func allocatePiece(_ byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount <= ChunkArena.longestPiece else { return allocateLongPiece(byteCount) }
    let size = ChunkArena.pieceSize(byteCount)
    let piece = freePieces[size] ?? cutChunk(size)
    freePieces[size] = piece.load(as: UnsafeMutableRawPointer?.self)
    return piece
  }

  /// Takes back what `allocatePiece` has given for `byteCount` bytes.
  @inline(__always)
  mutating func freePiece(_ piece: UnsafeMutableRawPointer, _ byteCount: Int) {
    guard byteCount <= ChunkArena.longestPiece else {
      longPieceBytes -= byteCount
      return piece.deallocate()
    }
    let size = ChunkArena.pieceSize(byteCount)
    piece.storeBytes(of: freePieces[size], as: UnsafeMutableRawPointer?.self)
    freePieces[size] = piece
  }

  /// Gives a piece back when its arena goes too: only a long one is left then.
  static func freePieceAtEnd(_ piece: UnsafeMutableRawPointer, _ byteCount: Int) {
    if byteCount > longestPiece { piece.deallocate() }
  }

  /// In steps, at least one: the place in the list of free ones.
  @inline(__always) private static func pieceSize(_ byteCount: Int) -> Int {
    max((byteCount &+ (pieceStep &- 1)) / pieceStep, 1)
  }

  @inline(never)
  private mutating func allocateLongPiece(_ byteCount: Int) -> UnsafeMutableRawPointer {
    longPieceBytes += byteCount
    return .allocate(byteCount: byteCount, alignment: ChunkArena.pieceStep)
  }

  /// Cuts a chunk into free pieces of this size and returns the first.
  @inline(never)
  private mutating func cutChunk(_ size: Int) -> UnsafeMutableRawPointer {
    let byteCount = size * ChunkArena.pieceStep
    let start = blocks.pointer(takeChunk())
    var next: UnsafeMutableRawPointer?
    for index in (0..<ChunkArena.chunkBytes / byteCount).reversed() {
      let piece = start + index * byteCount
      piece.storeBytes(of: next, as: UnsafeMutableRawPointer?.self)
      next = piece
    }
    return start
  }
}
