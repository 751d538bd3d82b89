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
    var idStart: UInt32 = 0
    var idLength: UInt32 = 0
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

  @inline(__always) mutating func append(_ answer: Settled, id: UnsafeRawBufferPointer) {
    var answer = answer
    answer.idStart = UInt32(ids.end)
    answer.idLength = UInt32(truncatingIfNeeded: id.count)
    ids.append(id)
    settled.append(answer)
  }

  /// Valid until the outbox changes.
  func id(of answer: Settled) -> UnsafeRawBufferPointer {
    ids.bytes(Int(answer.idStart), count: Int(answer.idLength))
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
  private var count = 0
  private(set) var capacity = 1024

  init() { base = .allocate(byteCount: capacity, alignment: 8) }

  deinit { base.deallocate() }

  /// Number of bytes; the place of the next ones.
  var end: Int { count }

  @inline(__always) mutating func append(_ bytes: UnsafeRawBufferPointer) {
    if count &+ bytes.count > capacity { grow(by: bytes.count) }
    (base + count).copySmall(from: bytes)
    count &+= bytes.count
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
