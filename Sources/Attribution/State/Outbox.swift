/// What the next `drainAnswers` hands over, and what the last one did.
struct Outbox: ~Copyable {
  /// A final answer; holds a copy of its click's event_id, because the click may be evicted before
  /// the answer is drained.
  struct Settled: BitwiseCopyable {
    var checkout: UInt32
    var count: Int32
    var clickTime: Int64 = 0
    /// 0: unattributed.
    var product: UInt32 = 0
    var origin: UInt32 = 0
    var clickID = IDPile.Place()
  }

  private(set) var settled = Pile<Settled>()
  /// Pending checkouts whose answer changed since it was handed over.
  private(set) var changed: [UInt32] = []
  private var ids = IDPile()
  /// Checkouts of closed buckets: freed after the next hand-over.
  private(set) var kept: [ChunkList] = []
  /// The answers were handed over: the next call that changes the state lets them go.
  private(set) var isDrained = false

  deinit { for list in kept { list.freeAtEnd() } }

  var allocatedBytes: Int {
    settled.allocatedBytes + changed.capacity * 4 + ids.allocatedBytes
      + kept.capacity * MemoryLayout<ChunkList>.stride
  }

  @inline(__always)
  mutating func noteChange(_ checkout: UInt32, _ pending: UnsafeMutablePointer<Pending>) {
    if pending.pointee.isChanged { return }
    pending.pointee.isChanged = true
    changed.append(checkout)
  }

  @inline(__always) mutating func append(_ answer: Settled) { settled.append(answer) }

  /// Copies the event_id of a cell.
  @inline(__always)
  mutating func writeID(of cell: UInt32, _ cells: ChunkArena.Blocks) -> IDPile.Place {
    ids.append { cells.writeID(of: cell, to: $0) }
  }

  /// Valid until `removeAll`.
  func id(_ place: IDPile.Place) -> UnsafeRawBufferPointer { ids.text(place) }

  mutating func keep(_ checkouts: ChunkList) {
    if checkouts.count > 0 { kept.append(checkouts) }
  }

  mutating func markDrained() {
    changed.removeAll(keepingCapacity: true)
    isDrained = true
  }

  mutating func removeAll() {
    settled.removeAll()
    changed.removeAll(keepingCapacity: true)
    ids.removeAll()
    kept.removeAll(keepingCapacity: true)
    isDrained = false
  }
}
