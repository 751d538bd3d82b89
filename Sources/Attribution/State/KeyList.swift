/// Records of one bucket and stream that wait for their replay, in the order of arrival.
///
/// ```
/// key   offset of the time in its bucket (32) | reference (32)
/// keys  | replayed | sorted | arrived since |
/// ```
///
/// A piece of the task's arena, owned by its bucket, which frees it.
struct KeyList: BitwiseCopyable {
  private(set) var keys: UnsafeMutablePointer<UInt64>?
  private(set) var count: Int32 = 0
  private var capacity: Int32 = 0
  private var sortedCount: Int32 = 0
  var replayedCount: Int32 = 0

  /// What is not replayed yet.
  var waiting: UnsafeMutableBufferPointer<UInt64> {
    UnsafeMutableBufferPointer(
      start: keys.map { $0 + Int(replayedCount) },
      count: Int(count &- replayedCount)
    )
  }

  @inline(__always)
  mutating func append(offset: UInt32, reference: UInt32, _ arena: inout ChunkArena) {
    if count == capacity { grow(&arena) }
    // Proof: `grow` has allocated when it was nil, since capacity is then 0.
    keys.unsafelyUnwrapped[Int(count)] = UInt64(offset) << 32 | UInt64(reference)
    count &+= 1
  }

  /// Brings what waits into the order of time.
  mutating func sort(scratch: inout SortScratch) {
    guard sortedCount < count else { return }
    scratch.sort(waiting)
    sortedCount = count
  }

  /// Brings clicks that wait into the order of (time, event_id).
  mutating func sortClicks(scratch: inout SortScratch, cells: ChunkArena.Blocks) {
    guard sortedCount < count else { return }
    let keys = waiting
    scratch.sort(keys)
    sortedCount = count
    var start = 0
    while start < keys.count {
      var end = start &+ 1
      while end < keys.count && keys[end] >> 32 == keys[start] >> 32 { end &+= 1 }
      if end &- start > 1 { KeyList.sortByID(keys[start..<end], cells) }
      start = end
    }
  }

  private static func sortByID(
    _ keys: Slice<UnsafeMutableBufferPointer<UInt64>>,
    _ cells: ChunkArena.Blocks
  ) {
    var keys = keys
    keys.sort {
      cells.idPrecedes(UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $1))
    }
  }

  mutating func free(_ arena: inout ChunkArena) {
    if let keys { arena.freePiece(keys, byteCount) }
    self = KeyList()
  }

  /// Gives the keys back when the arena goes too.
  func freeAtEnd() {
    if let keys { ChunkArena.freePieceAtEnd(keys, byteCount) }
  }

  private var byteCount: Int { Int(capacity) * MemoryLayout<UInt64>.stride }

  @inline(never)
  private mutating func grow(_ arena: inout ChunkArena) {
    var larger = KeyList()
    larger.capacity = max(16, capacity + capacity / 2)
    let target = arena.allocatePiece(larger.byteCount)
      .bindMemory(to: UInt64.self, capacity: Int(larger.capacity))
    if let keys {
      target.moveInitialize(from: keys, count: Int(count))
      arena.freePiece(keys, byteCount)
    }
    keys = target
    capacity = larger.capacity
  }
}
