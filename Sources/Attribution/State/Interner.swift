internal import CScan
internal import Events

/// Runs of COPY fields that many clicks share, each kept once.
///
/// ```
/// slot   fingerprint (8), 0: empty | latest bucket (8) | run (4)
/// ```
///
/// A run is identified by its fingerprint and carries the number of the latest bucket that has a
/// click with it; when that bucket has left the state, so may the run, which goes as soon as a sweep
/// passes it. So a new click costs a look at its run's slot, and one that leaves a look at a few
/// slots. Open addressing by linear probing, at most half full. The runs are pieces of the task's
/// arena.
struct Interner: ~Copyable {
  private var slots: UnsafeMutableBufferPointer<Slot>
  /// By their number; 0 stands for none.
  private var runs: [UnsafeMutableRawBufferPointer] = [Interner.none]
  private var freeRuns: [UInt32] = []
  private(set) var count = 0
  /// Where the next sweep begins.
  private var sweepPlace = 0

  private struct Slot: BitwiseCopyable {
    var key: HashKey = 0
    /// `.max` when it is empty: no sweep stops there.
    var lastBucket = Int64.max
    var run: UInt32 = 0
  }

  private static let fewestSlots = 64
  private static var none: UnsafeMutableRawBufferPointer { .init(start: nil, count: 0) }

  init() { slots = Interner.allocate(Interner.fewestSlots) }

  deinit {
    for run in runs {
      if let start = run.baseAddress { ChunkArena.freePieceAtEnd(start, run.count) }
    }
    slots.deallocate()
  }

  var allocatedBytes: Int {
    slots.count * MemoryLayout<Slot>.stride + runs.capacity * 16 + freeRuns.capacity * 4
  }

  @inline(__always) func prefetchLine(of key: HashKey) {
    prefetch(slots.baseAddress.unsafelyUnwrapped + home(of: key))
  }

  /// The run of these fields, whose fingerprint is `key`, for a click of the bucket.
  @inline(__always)
  mutating func intern(
    _ fields: RunFields,
    _ key: HashKey,
    bucket: Int64,
    _ arena: inout ChunkArena
  ) -> UInt32 {
    // Proof: there are always slots, and a place is one of them.
    let slots = slots.baseAddress.unsafelyUnwrapped
    let home = home(of: key)
    // One of the first two slots, chosen without a branch, which could not be predicted.
    let place = slots[home].key == key ? home : next(home)
    if slots[place].key != key { return findOrAdd(fields, key, bucket, &arena) }
    slots[place].lastBucket = max(slots[place].lastBucket, bucket)
    return slots[place].run
  }

  /// Valid while a click with the run is in state.
  @inline(__always) func bytes(_ run: UInt32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(runs[Int(run)])
  }

  /// Looks at the next `slotCount` slots and forgets the runs there whose last bucket is before this
  /// one.
  mutating func sweep(_ slotCount: Int, before bucket: Int64, _ arena: inout ChunkArena) {
    for _ in 0..<min(slotCount, slots.count) {
      // Another one may have moved here.
      while slots[sweepPlace].lastBucket < bucket { remove(sweepPlace, &arena) }
      sweepPlace = next(sweepPlace)
    }
    if count * 16 < slots.count && slots.count > Interner.fewestSlots { rebuild() }
  }

  private mutating func remove(_ place: Int, _ arena: inout ChunkArena) {
    let run = slots[place].run
    let bytes = runs[Int(run)]
    if let start = bytes.baseAddress { arena.freePiece(start, bytes.count) }
    runs[Int(run)] = Interner.none
    freeRuns.append(run)
    count -= 1
    empty(place)
  }

  @inline(never)
  private mutating func findOrAdd(
    _ fields: RunFields,
    _ key: HashKey,
    _ bucket: Int64,
    _ arena: inout ChunkArena
  ) -> UInt32 {
    var place = home(of: key)
    while slots[place].key != 0 {
      if slots[place].key == key {
        slots[place].lastBucket = max(slots[place].lastBucket, bucket)
        return slots[place].run
      }
      place = next(place)
    }
    return add(fields, key, bucket, &arena)
  }

  private mutating func add(
    _ fields: RunFields,
    _ key: HashKey,
    _ bucket: Int64,
    _ arena: inout ChunkArena
  ) -> UInt32 {
    if count * 2 >= slots.count { rebuild() }
    let bytes = UnsafeMutableRawBufferPointer(
      start: arena.allocatePiece(fields.byteCount),
      count: fields.byteCount
    )
    fields.write(to: bytes)
    count += 1
    let run = freeRuns.popLast() ?? UInt32(runs.count)
    if Int(run) == runs.count { runs.append(bytes) } else { runs[Int(run)] = bytes }
    place(Slot(key: key, lastBucket: bucket, run: run))
    return run
  }

  // MARK: Slots

  @inline(__always) private func home(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: key) & (slots.count &- 1)
  }

  @inline(__always) private func next(_ place: Int) -> Int { (place &+ 1) & (slots.count &- 1) }

  private func place(_ slot: Slot) {
    var place = home(of: slot.key)
    while slots[place].key != 0 { place = next(place) }
    slots[place] = slot
  }

  /// Moves up what stands behind the slot and could not stand further ahead (Knuth, TAOCP 3, 6.4,
  /// Algorithm R), so that there are no tombstones.
  private func empty(_ place: Int) {
    var hole = place
    var place = next(place)
    while slots[place].key != 0 {
      if distance(from: home(of: slots[place].key), to: place) >= distance(from: hole, to: place) {
        slots[hole] = slots[place]
        hole = place
      }
      place = next(place)
    }
    slots[hole] = Slot()
  }

  private func distance(from start: Int, to place: Int) -> Int {
    (place &- start) & (slots.count &- 1)
  }

  /// Makes about a quarter of the slots taken, a power of two.
  private mutating func rebuild() {
    let old = slots
    let needed = max(count * 3, Interner.fewestSlots)
    slots = Interner.allocate(1 << (Int.bitWidth - (needed - 1).leadingZeroBitCount))
    for slot in old where slot.key != 0 { place(slot) }
    old.deallocate()
    sweepPlace = 0
  }

  private static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<Slot> {
    let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: count)
    slots.initialize(repeating: Slot())
    return slots
  }
}

/// Two or three fields of a message, taken together.
struct RunFields: BitwiseCopyable {
  var message: UnsafeRawPointer
  var first: ByteSlice
  var second: ByteSlice
  var third: ByteSlice

  /// Stands for no third field at all, which is not the same as an absent one.
  static var none: ByteSlice { ByteSlice(offset: 0, length: -2) }

  @inline(__always) private var hasThird: Bool { third.length != -2 }

  @inline(__always) func key(_ hash: KeyedHash) -> HashKey {
    var key = hash.fingerprint(first.length, second.length, third.length)
    key = hash.fold(part: message + first.start, first.count, into: key)
    key = hash.fold(part: message + second.start, second.count, into: key)
    if hasThird { key = hash.fold(part: message + third.start, third.count, into: key) }
    // 0 stands for an empty slot.
    return max(hash.spread(key), 1)
  }

  fileprivate var byteCount: Int {
    8 + first.count + second.count + (hasThird ? 4 + third.count : 0)
  }

  /// Fills the memory, which has as many bytes.
  fileprivate func write(to memory: UnsafeMutableRawBufferPointer) {
    guard var target = memory.baseAddress else { return }
    target += CopyField.write(text: first, of: message, to: target)
    target += CopyField.write(text: second, of: message, to: target)
    if hasThird { target += CopyField.write(text: third, of: message, to: target) }
  }
}

extension ByteSlice {
  @inline(__always) var start: Int { Int(truncatingIfNeeded: offset) }
  /// 0 when absent.
  @inline(__always) var count: Int { Int(truncatingIfNeeded: max(length, 0)) }
}
