/// A record that waits for its replay; 12 bytes, so that replaying it needs no look at its cell.
struct Waiting: BitwiseCopyable {
  /// Of its time in its bucket, in microseconds.
  var offset: UInt32
  /// Of its click or pending checkout.
  var cell: UInt32
  var user: UInt32
}

/// Records of one bucket and stream that wait for their replay, in the order of arrival.
///
/// ```
/// | replayed | sorted | arrived since |
/// ```
///
/// A piece of the task's arena, owned by its bucket, which frees it.
struct WaitingList: BitwiseCopyable {
  private var records = PieceList<Waiting>()
  private var sortedCount: Int32 = 0
  var replayedCount: Int32 = 0

  var count: Int32 { records.count }

  /// What is not replayed yet.
  var waiting: UnsafeMutableBufferPointer<Waiting> { records.dropFirst(replayedCount) }

  @inline(__always)
  mutating func append(_ record: Waiting, _ arena: inout ChunkArena) {
    records.append(record, fewest: 16, &arena)
  }

  /// Brings what waits into the order of time.
  mutating func sort(scratch: inout SortScratch) {
    guard sortedCount < records.count else { return }
    scratch.sort(waiting)
    sortedCount = records.count
  }

  /// Brings clicks that wait into the order of (time, event_id).
  mutating func sortClicks(scratch: inout SortScratch, cells: ChunkArena.Blocks) {
    guard sortedCount < records.count else { return }
    sort(scratch: &scratch)
    if WaitingList.hasTies(waiting) { WaitingList.sortTies(waiting, cells) }
  }

  private static func hasTies(_ records: UnsafeMutableBufferPointer<Waiting>) -> Bool {
    var ties = 0
    for place in 1..<max(records.count, 1) {
      ties |= records[place].offset == records[place &- 1].offset ? 1 : 0
    }
    return ties != 0
  }

  private static func sortTies(
    _ records: UnsafeMutableBufferPointer<Waiting>,
    _ cells: ChunkArena.Blocks
  ) {
    var start = 0
    while start < records.count {
      var end = start &+ 1
      while end < records.count && records[end].offset == records[start].offset { end &+= 1 }
      if end &- start > 1 {
        var ties = records[start..<end]
        ties.sort { cells.idPrecedes($0.cell, $1.cell) }
      }
      start = end
    }
  }

  mutating func free(_ arena: inout ChunkArena) {
    records.free(&arena)
    self = WaitingList()
  }

  /// Gives the records back when the arena goes too.
  func freeAtEnd() { records.freeAtEnd() }
}
