internal import CScan
internal import Events

/// A table from hash keys to the references of records kept elsewhere, for few entries that are
/// looked up often.
///
/// ```
/// line   8 slots                                                                 one cache line
/// slot   the key's upper half (32) | reference (32); 0: empty
/// ```
///
/// Open addressing by linear probing, from the start of a line on: mostly one line a call. At most 7
/// of 10 slots are taken, so that a call looks at a few slots (O(1) expected). A removal moves the
/// entries behind it up (Knuth, TAOCP 3, 6.4, Algorithm R), so that there are no tombstones. A slot
/// has all that its place depends on: the table grows without a look at the records.
struct KeyTable: ~Copyable {
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotCount: Int
  private(set) var count = 0

  private static let slotsPerLine = 8
  private static let fewestSlots = 32

  init() {
    slotCount = KeyTable.fewestSlots
    slots = KeyTable.allocate(slotCount)
  }

  deinit { slots.deallocate() }

  var allocatedBytes: Int { slotCount * 8 }

  @inline(__always) func prefetchLine(of key: HashKey) { prefetch(slots + home(of: key &>> 32)) }

  /// The reference with this key's upper half that `matches`, or 0.
  @inline(__always) func find(_ key: HashKey, where matches: (UInt32) -> Bool) -> UInt32 {
    var place = home(of: key &>> 32)
    while slots[place] != 0 {
      let slot = slots[place]
      if slot &>> 32 == key &>> 32 {
        let reference = UInt32(truncatingIfNeeded: slot)
        if matches(reference) { return reference }
      }
      place = next(place)
    }
    return 0
  }

  /// The first reference with this key's upper half, or 0.
  ///
  /// Looks at a whole line at once: a branch for each slot could not be predicted.
  @inline(__always) func likely(_ key: HashKey) -> UInt32 {
    let line = slots + home(of: key &>> 32)
    let slot = probe_upper_halves(line, UInt32(truncatingIfNeeded: key &>> 32))
    if slot < KeyTable.slotsPerLine { return UInt32(truncatingIfNeeded: line[Int(slot)]) }
    return first(key)
  }

  @inline(never) private func first(_ key: HashKey) -> UInt32 { find(key) { _ in true } }

  /// Adds a reference, also if there is one with the same key.
  mutating func insert(_ key: HashKey, _ reference: UInt32) {
    if count &* 10 >= slotCount &* 7 { resize() }
    place(key & 0xFFFF_FFFF_0000_0000 | UInt64(reference))
    count &+= 1
  }

  /// Removes the reference, which must be there with this key.
  mutating func remove(_ key: HashKey, _ reference: UInt32) {
    let slot = key & 0xFFFF_FFFF_0000_0000 | UInt64(reference)
    var hole = home(of: key &>> 32)
    while slots[hole] != slot {
      precondition(slots[hole] != 0, "reference \(reference) is not in the table")
      hole = next(hole)
    }
    var place = next(hole)
    while slots[place] != 0 {
      if distance(from: home(of: slots[place] &>> 32), to: place) >= distance(from: hole, to: place)
      {
        slots[hole] = slots[place]
        hole = place
      }
      place = next(place)
    }
    slots[hole] = 0
    count &-= 1
    if count &* 5 < slotCount && slotCount > 1024 { resize() }
  }

  // MARK: Places

  @inline(__always) private func home(of hash: UInt64) -> Int {
    let lineCount = UInt64(truncatingIfNeeded: slotCount / KeyTable.slotsPerLine)
    return Int(truncatingIfNeeded: (hash &* lineCount) &>> 32) &* KeyTable.slotsPerLine
  }

  @inline(__always) private func next(_ place: Int) -> Int {
    place &+ 1 == slotCount ? 0 : place &+ 1
  }

  private func distance(from start: Int, to place: Int) -> Int {
    place >= start ? place &- start : place &- start &+ slotCount
  }

  @inline(__always) private func place(_ slot: UInt64) {
    var place = home(of: slot &>> 32)
    while slots[place] != 0 { place = next(place) }
    slots[place] = slot
  }

  /// Makes 47 of 100 slots taken, in whole lines.
  private mutating func resize() {
    let old = UnsafeMutableBufferPointer(start: slots, count: slotCount)
    let lineCount = (count * 15 / 7 + KeyTable.slotsPerLine - 1) / KeyTable.slotsPerLine
    slotCount = max(lineCount * KeyTable.slotsPerLine, KeyTable.fewestSlots)
    slots = KeyTable.allocate(slotCount)
    for slot in old where slot != 0 { place(slot) }
    old.deallocate()
  }

  private static func allocate(_ slotCount: Int) -> UnsafeMutablePointer<UInt64> {
    let memory = LargePages.allocate(byteCount: slotCount * 8)
    let slots = memory.bindMemory(to: UInt64.self, capacity: slotCount)
    slots.initialize(repeating: 0, count: slotCount)
    return slots
  }
}
