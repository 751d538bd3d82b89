/// Elements one after another in a piece of the task's arena, which grows.
///
/// Owned by its bucket, which frees it.
struct PieceList<Element: BitwiseCopyable>: BitwiseCopyable {
  private var elements: UnsafeMutablePointer<Element>?
  private(set) var count: Int32 = 0
  private var capacity: Int32 = 0

  @inline(__always) subscript(place: Int32) -> Element {
    // Proof: there is memory for `capacity` elements, and `count` is not greater.
    get { elements.unsafelyUnwrapped[Int(place)] }
    nonmutating set { elements.unsafelyUnwrapped[Int(place)] = newValue }
  }

  /// Those behind the first `start`; valid until the next change.
  func dropFirst(_ start: Int32) -> UnsafeMutableBufferPointer<Element> {
    UnsafeMutableBufferPointer(
      start: elements.map { $0 + Int(start) },
      count: Int(count &- start)
    )
  }

  /// Makes room for `fewest` elements at first.
  @inline(__always)
  mutating func append(_ element: Element, fewest: Int32, _ arena: inout ChunkArena) {
    if count == capacity { grow(fewest, &arena) }
    // Proof: `grow` has allocated when it was nil, since capacity is then 0.
    elements.unsafelyUnwrapped[Int(count)] = element
    count &+= 1
  }

  mutating func free(_ arena: inout ChunkArena) {
    if let elements { arena.freePiece(elements, byteCount) }
    self = PieceList()
  }

  /// Gives the elements back when the arena goes too.
  func freeAtEnd() {
    if let elements { ChunkArena.freePieceAtEnd(elements, byteCount) }
  }

  private var byteCount: Int { Int(capacity) * MemoryLayout<Element>.stride }

  @inline(never)
  private mutating func grow(_ fewest: Int32, _ arena: inout ChunkArena) {
    var larger = PieceList()
    larger.capacity = max(fewest, capacity + capacity / 2)
    let target = arena.allocatePiece(larger.byteCount)
      .bindMemory(to: Element.self, capacity: Int(larger.capacity))
    if let elements {
      target.moveInitialize(from: elements, count: Int(count))
      arena.freePiece(elements, byteCount)
    }
    elements = target
    capacity = larger.capacity
  }
}
