@testable import Attribution
import TestSupport
import Testing

@Suite struct ChunkArenaPiecesTests {
  /// A piece and the byte that fills it.
  private struct Piece {
    var bytes: UnsafeMutableRawBufferPointer
    var filling: UInt8

    var isUntouched: Bool { bytes.allSatisfy { $0 == filling } }
  }

  private static func make(
    _ byteCount: Int,
    filledWith filling: UInt8,
    in arena: inout ChunkArena
  ) -> Piece {
    let start = arena.allocatePiece(byteCount)
    let bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    bytes.initializeMemory(as: UInt8.self, repeating: filling)
    return Piece(bytes: bytes, filling: filling)
  }

  @Test func `pieces of any length keep what was written, whatever is freed beside them`() throws {
    var arena = ChunkArena()
    var random = SplitMix64(seed: 12)
    var pieces: [Piece] = []
    for step in 0..<20_000 {
      if pieces.count > 200 || step % 3 == 2 {
        let piece = pieces.remove(at: Int.random(in: pieces.indices, using: &random))
        #expect(piece.isUntouched)
        arena.freePiece(try #require(piece.bytes.baseAddress), piece.bytes.count)
      }
      let byteCount = Int.random(in: 0...ChunkArena.longestPiece + 40, using: &random)
      let piece = Self.make(byteCount, filledWith: UInt8(step % 256), in: &arena)
      #expect(UInt(bitPattern: piece.bytes.baseAddress) % 16 == 0)
      pieces.append(piece)
    }
    #expect(pieces.allSatisfy { $0.isUntouched })
    for piece in pieces {
      ChunkArena.freePieceAtEnd(try #require(piece.bytes.baseAddress), piece.bytes.count)
    }
  }

  @Test func `pieces leave the chunks of buckets alone`() {
    var arena = ChunkArena()
    var list = ChunkList()
    var cells: [UInt32] = []
    for number in UInt32(0)..<2_000 {
      let cell = arena.allocate(24, in: &list, baseTime: 0)
      arena.blocks.pointer(cell).storeBytes(of: number, as: UInt32.self)
      cells.append(cell)
      _ = Self.make(Int(number) % ChunkArena.longestPiece, filledWith: 0xFF, in: &arena)
    }
    #expect(cells.map { arena.blocks.pointer($0).load(as: UInt32.self) } == Array(0..<2_000))
  }

  @Test func `freed pieces are used again`() {
    var arena = ChunkArena()
    func round() {
      let pieces = (0..<50_000).map { Self.make($0 % 700, filledWith: 1, in: &arena) }
      for piece in pieces {
        if let start = piece.bytes.baseAddress { arena.freePiece(start, piece.bytes.count) }
      }
    }
    round()
    let once = arena.allocatedBytes
    for _ in 0..<5 { round() }
    #expect(arena.allocatedBytes == once)
  }

  @Test func `long pieces are counted while they are in use`() {
    var arena = ChunkArena()
    let before = arena.allocatedBytes
    let piece = arena.allocatePiece(100_000)
    #expect(arena.allocatedBytes == before + 100_000)
    arena.freePiece(piece, 100_000)
    #expect(arena.allocatedBytes == before)
  }
}
