/// Elements one after another, in pieces: what is there never moves, and at most a piece is spare.
struct Pile<Element: BitwiseCopyable>: ~Copyable {
  private var pieces: [UnsafeMutablePointer<Element>] = []
  private(set) var count = 0

  private static var pieceBits: Int { 10 }
  private static var pieceCount: Int { 1 << pieceBits }

  init() {}

  deinit { for piece in pieces { piece.deallocate() } }

  var allocatedBytes: Int {
    pieces.count * Self.pieceCount * MemoryLayout<Element>.stride + pieces.capacity * 8
  }

  @inline(__always) subscript(index: Int) -> Element {
    pieces[index &>> Self.pieceBits][index & (Self.pieceCount &- 1)]
  }

  @inline(__always) mutating func append(_ element: Element) {
    let place = count & (Self.pieceCount &- 1)
    if place == 0 { openPiece() }
    pieces[count &>> Self.pieceBits][place] = element
    count &+= 1
  }

  /// Forgets all, and keeps the memory.
  mutating func removeAll() { count = 0 }

  @inline(never) private mutating func openPiece() {
    if pieces.count == count >> Self.pieceBits {
      pieces.append(.allocate(capacity: Self.pieceCount))
    }
  }
}

/// Event_ids as text, one after another, in pieces: what is there never moves.
struct IDPile: ~Copyable {
  /// Where the text of an id stands.
  struct Place: BitwiseCopyable {
    fileprivate var start: UInt32 = 0
    fileprivate var byteCount: UInt32 = 0
  }

  private var pieces: [UnsafeMutableRawPointer] = []
  private var end = 0
  /// The last place where a text may begin in the piece that is being filled.
  private var lastStart = -1

  private static let pieceBits = 14
  private static let pieceBytes = 1 << pieceBits

  init() {}

  deinit { for piece in pieces { piece.deallocate() } }

  var allocatedBytes: Int { pieces.count * IDPile.pieceBytes + pieces.capacity * 8 }

  /// Adds the text that `write` puts into the memory, `PackedID.mostBytes` at most; it gives their
  /// number.
  @inline(__always)
  mutating func append(_ write: (UnsafeMutableRawPointer) -> Int) -> Place {
    if end > lastStart { openPiece() }
    let byteCount = write(address(end))
    defer { end &+= byteCount }
    return Place(
      start: UInt32(truncatingIfNeeded: end),
      byteCount: UInt32(truncatingIfNeeded: byteCount)
    )
  }

  /// Valid until `removeAll`.
  @inline(__always) func text(_ place: Place) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: address(Int(place.start)), count: Int(place.byteCount))
  }

  /// Forgets all, and keeps the memory.
  mutating func removeAll() {
    end = 0
    lastStart = -1
  }

  @inline(never) private mutating func openPiece() {
    let piece = (end + IDPile.pieceBytes - 1) >> IDPile.pieceBits
    if piece == pieces.count {
      pieces.append(.allocate(byteCount: IDPile.pieceBytes, alignment: 8))
    }
    end = piece << IDPile.pieceBits
    lastStart = end + IDPile.pieceBytes - PackedID.mostBytes
  }

  @inline(__always) private func address(_ place: Int) -> UnsafeMutableRawPointer {
    pieces[place &>> IDPile.pieceBits] + (place & (IDPile.pieceBytes &- 1))
  }
}
