/// Records of one bucket and stream that wait for their replay, in the order of arrival.
///
/// ```
/// key   offset of the time in its bucket (32) | reference (32)
/// keys  | replayed | sorted | arrived since |
/// ```
///
/// A piece of the task's arena, owned by its bucket, which frees it.
struct KeyList: BitwiseCopyable {
  private var keys = PieceList<UInt64>()
  private var sortedCount: Int32 = 0
  var replayedCount: Int32 = 0

  var count: Int32 { keys.count }

  /// What is not replayed yet.
  var waiting: UnsafeMutableBufferPointer<UInt64> { keys.dropFirst(replayedCount) }

  @inline(__always)
  mutating func append(offset: UInt32, reference: UInt32, _ arena: inout ChunkArena) {
    keys.append(UInt64(offset) << 32 | UInt64(reference), fewest: 16, &arena)
  }

  /// Brings what waits into the order of time.
  mutating func sort(scratch: inout SortScratch) {
    guard sortedCount < keys.count else { return }
    scratch.sort(waiting)
    sortedCount = keys.count
  }

  /// Brings clicks that wait into the order of (time, event_id).
  mutating func sortClicks(scratch: inout SortScratch, cells: ChunkArena.Blocks) {
    guard sortedCount < keys.count else { return }
    let waiting = waiting
    scratch.sort(waiting)
    sortedCount = keys.count
    var start = 0
    while start < waiting.count {
      var end = start &+ 1
      while end < waiting.count && waiting[end] >> 32 == waiting[start] >> 32 { end &+= 1 }
      if end &- start > 1 { KeyList.sortByID(waiting[start..<end], cells) }
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
    keys.free(&arena)
    self = KeyList()
  }

  /// Gives the keys back when the arena goes too.
  func freeAtEnd() { keys.freeAtEnd() }
}
