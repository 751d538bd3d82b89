internal import CScan

/// An open-addressing table from 32-bit tags to the references of records kept elsewhere.
///
/// ```
/// slot  tag (32) | reference (32)        0: empty, a reference is never 0
/// home  tag * capacity >> 32             grows with the tag
/// ```
///
/// Ordered linear probing: the slots of a run stand in the order of their tags. So a search ends at
/// the first greater tag, removal leaves no tombstone, and growing by any factor is one merge-like
/// pass: capacity follows the count within a quarter instead of doubling. Expected O(1) per call.
/// Source: Amble and Knuth, Ordered hash tables, 1974.
struct HashIndex: ~Copyable {
  private var slots: UnsafeMutablePointer<UInt64>
  private var capacity: UInt64
  private(set) var count = 0
  /// Fifths of the capacity that may be in use.
  private let fullness: UInt64

  /// Behind the last home, for runs that reach beyond it; the very last slot stays empty, so every
  /// probe ends.
  private static let spill = 64
  private static let smallestCapacity: UInt64 = 32

  /// - Parameter isRoomy: at most two fifths full instead of four fifths: faster, for few entries.
  init(isRoomy: Bool = false) {
    fullness = isRoomy ? 2 : 4
    capacity = HashIndex.smallestCapacity
    slots = HashIndex.allocate(capacity)
  }

  deinit { slots.deallocate() }

  var allocatedBytes: Int { (Int(capacity) + HashIndex.spill) * 8 }

  @inline(__always) func prefetchSlot(of tag: UInt32) { prefetch(slots + home(of: tag)) }

  /// The reference with this tag that `matches`, or 0.
  @inline(__always) func find(_ tag: UInt32, where matches: (UInt32) -> Bool) -> UInt32 {
    var position = home(of: tag)
    while true {
      let slot = slots[position]
      if slot == 0 { return 0 }
      let found = UInt32(truncatingIfNeeded: slot >> 32)
      if found > tag { return 0 }
      if found == tag, matches(UInt32(truncatingIfNeeded: slot)) {
        return UInt32(truncatingIfNeeded: slot)
      }
      position &+= 1
    }
  }

  /// Some reference with this tag, or 0.
  @inline(__always) func first(_ tag: UInt32) -> UInt32 { find(tag) { _ in true } }

  /// Adds a reference, also if there is one with the same tag.
  mutating func insert(_ tag: UInt32, _ reference: UInt32) {
    if UInt64(count) &* 5 >= capacity &* fullness { resize(to: capacity &+ capacity / 4 &+ 16) }
    while !placed(UInt64(tag) << 32 | UInt64(reference)) {
      resize(to: capacity &+ capacity / 4 &+ 16)
    }
    count &+= 1
  }

  /// Removes exactly this pair, which must be there.
  mutating func remove(_ tag: UInt32, _ reference: UInt32) {
    let entry = UInt64(tag) << 32 | UInt64(reference)
    var position = home(of: tag)
    while slots[position] != entry {
      precondition(slots[position] != 0, "reference \(reference) is not in the index")
      position &+= 1
    }
    // The rest of the run moves up, down to the first slot that stands at its home.
    while true {
      let next = slots[position &+ 1]
      if next == 0 || home(of: UInt32(truncatingIfNeeded: next >> 32)) > position { break }
      slots[position] = next
      position &+= 1
    }
    slots[position] = 0
    count &-= 1
    shrink()
  }

  /// Removes every reference that `isGone`, in one pass over the table.
  @inline(__always) mutating func removeAll(where isGone: (UInt32) -> Bool) {
    var free = 0
    var kept = 0
    for index in 0..<(Int(capacity) + HashIndex.spill) {
      // Without branches, which nothing could predict: what does not stay is written as an empty slot.
      let slot = slots[index]
      let stays = slot != 0 && !isGone(UInt32(truncatingIfNeeded: slot))
      // Not behind `index`: an entry stands at its home or behind it, and fewer stand before it now.
      let position = max(free, home(of: UInt32(truncatingIfNeeded: slot >> 32)))
      slots[index] = 0
      slots[stays ? position : index] = stays ? slot : 0
      free = stays ? position &+ 1 : free
      kept &+= stays ? 1 : 0
    }
    count = kept
    shrink()
  }

  func forEach(_ body: (UInt32) -> Void) {
    for position in 0..<(Int(capacity) + HashIndex.spill) where slots[position] != 0 {
      body(UInt32(truncatingIfNeeded: slots[position]))
    }
  }

  // MARK: Slots

  @inline(__always) private func home(of tag: UInt32) -> Int {
    Int(truncatingIfNeeded: (UInt64(tag) &* capacity) >> 32)
  }

  /// Puts the entry into its place of its run; false when that would take the last slot.
  private mutating func placed(_ entry: UInt64) -> Bool {
    var position = home(of: UInt32(truncatingIfNeeded: entry >> 32))
    while slots[position] != 0 && slots[position] < entry { position &+= 1 }
    var end = position
    while slots[end] != 0 { end &+= 1 }
    if end == Int(capacity) &+ HashIndex.spill &- 1 { return false }
    while end > position {
      slots[end] = slots[end &- 1]
      end &-= 1
    }
    slots[position] = entry
    return true
  }

  @inline(__always) private mutating func shrink() {
    if capacity > 4 * HashIndex.smallestCapacity, UInt64(count) &* 12 < capacity &* fullness {
      resize(to: UInt64(count) &* 20 / (fullness &* 3))
    }
  }

  private mutating func resize(to wanted: UInt64) {
    let old = slots
    let oldCount = Int(capacity) + HashIndex.spill
    var wanted = max(wanted, HashIndex.smallestCapacity)
    repeat {
      capacity = wanted
      slots = HashIndex.allocate(capacity)
      wanted += wanted / 4
    } while !copied(from: old, oldCount)
    old.deallocate()
  }

  /// Fills the empty table from another one; false (and its memory freed) when the spill is full.
  private mutating func copied(from old: UnsafeMutablePointer<UInt64>, _ oldCount: Int) -> Bool {
    var free = 0
    for index in 0..<oldCount where old[index] != 0 {
      let position = max(free, home(of: UInt32(truncatingIfNeeded: old[index] >> 32)))
      if position >= Int(capacity) + HashIndex.spill - 1 {
        slots.deallocate()
        return false
      }
      slots[position] = old[index]
      free = position &+ 1
    }
    return true
  }

  private static func allocate(_ capacity: UInt64) -> UnsafeMutablePointer<UInt64> {
    let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(capacity) + spill)
    slots.initialize(repeating: 0, count: Int(capacity) + spill)
    return slots
  }
}
