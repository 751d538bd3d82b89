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
    var clickID = IDPlace()
  }

  /// Where the text of an id stands.
  struct IDPlace: BitwiseCopyable {
    var start: UInt32 = 0
    var byteCount: UInt32 = 0
  }

  private(set) var settled: [Settled] = []
  /// Pending checkouts whose answer changed since it was handed over.
  private(set) var changed: [UInt32] = []
  private var ids = ByteBuffer()
  /// Checkouts of closed buckets: freed after the next hand-over.
  private(set) var kept: [ChunkList] = []
  /// The answers were handed over: the next call that changes the state lets them go.
  private(set) var isDrained = false

  var allocatedBytes: Int {
    settled.capacity * MemoryLayout<Settled>.stride + changed.capacity * 4 + ids.capacity
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
  mutating func writeID(of cell: UInt32, _ cells: ChunkArena.Blocks) -> IDPlace {
    ids.reserve(PackedID.mostBytes)
    let byteCount = cells.writeID(of: cell, to: ids.end)
    defer { ids.count &+= byteCount }
    return IDPlace(
      start: UInt32(ids.count),
      byteCount: UInt32(truncatingIfNeeded: byteCount)
    )
  }

  /// Makes room, so that places stay where they are while so many ids more are written.
  mutating func reserveIDs(_ count: Int) { ids.reserve(count * PackedID.mostBytes) }

  /// Valid until an id is written for which there is no room.
  func id(_ place: IDPlace) -> UnsafeRawBufferPointer {
    ids.bytes(Int(place.start), count: Int(place.byteCount))
  }

  mutating func keep(_ checkouts: ChunkList) {
    if checkouts.first != 0 { kept.append(checkouts) }
  }

  mutating func markDrained() {
    changed.removeAll(keepingCapacity: true)
    isDrained = true
  }

  mutating func removeAll() {
    settled.removeAll(keepingCapacity: true)
    changed.removeAll(keepingCapacity: true)
    ids.removeAll()
    kept.removeAll(keepingCapacity: true)
    isDrained = false
  }
}

/// Bytes one after another, at addresses that stay until it grows.
struct ByteBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  var count = 0
  private(set) var capacity = 1024

  init() { base = .allocate(byteCount: capacity, alignment: 8) }

  deinit { base.deallocate() }

  /// Where the next bytes go.
  @inline(__always) var end: UnsafeMutableRawPointer { base + count }

  /// Makes room for as many bytes more.
  @inline(__always) mutating func reserve(_ more: Int) {
    if count &+ more > capacity { grow(by: more) }
  }

  func bytes(_ start: Int, count: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + start, count: count)
  }

  mutating func removeAll() { count = 0 }

  private mutating func grow(by more: Int) {
    capacity = 2 * capacity + more
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    larger.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = larger
  }
}
