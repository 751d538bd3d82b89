/// An open-addressing hash table of entry numbers; the entries stand in an array of its owner.
///
/// A slot holds an entry's number + 1, or 0 for none. At most three of four slots are taken, so a
/// search ends after some three steps.
struct SlotTable {
  private var slots = [UInt32](repeating: 0, count: 16)
  private var count = 0

  /// The number of the entry with this hash that `isMatch` accepts.
  @inline(__always)
  func find(_ hash: UInt32, _ isMatch: (Int) -> Bool) -> Int? {
    var place = Int(hash) & (slots.count &- 1)
    while slots[place] != 0 {
      let entry = Int(slots[place]) &- 1
      if isMatch(entry) { return entry }
      place = (place &+ 1) & (slots.count &- 1)
    }
    return nil
  }

  /// Adds an entry that is not there yet; `hashOf` gives the hashes of those that are.
  @inline(__always)
  mutating func insert(_ entry: Int, hash: UInt32, hashOf: (Int) -> UInt32) {
    if count &* 4 >= slots.count &* 3 { grow(to: slots.count * 2, hashOf) }
    place(entry, hash)
    count &+= 1
  }

  private mutating func place(_ entry: Int, _ hash: UInt32) {
    var place = Int(hash) & (slots.count &- 1)
    while slots[place] != 0 { place = (place &+ 1) & (slots.count &- 1) }
    slots[place] = UInt32(truncatingIfNeeded: entry &+ 1)
  }

  @inline(never)
  private mutating func grow(to slotCount: Int, _ hashOf: (Int) -> UInt32) {
    let former = slots
    slots = Array(repeating: 0, count: slotCount)
    for slot in former where slot != 0 { place(Int(slot) - 1, hashOf(Int(slot) - 1)) }
  }
}
