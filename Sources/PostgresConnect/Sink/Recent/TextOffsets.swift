import Events

/// Distinct texts of a buffer, found by fingerprint: each stands there once.
///
/// An open-addressing hash table with at most three of four slots taken, whose slots say all: a text
/// that is known, as most are, takes one look at memory.
struct TextOffsets {
  private struct Slot: BitwiseCopyable {
    var key: HashKey = 0
    /// Where the text stands + 1, or 0 for no text.
    var end: UInt64 = 0
  }

  private var slots = [Slot](repeating: Slot(), count: 16)
  private var count = 0

  /// Memory held, in bytes, without the texts.
  var byteCount: Int { slots.count * MemoryLayout<Slot>.stride }

  /// Where the text with this fingerprint stands.
  @inline(__always)
  func offset(of key: HashKey) -> UInt32? {
    var place = Int(truncatingIfNeeded: key) & (slots.count &- 1)
    while slots[place].end != 0 {
      if slots[place].key == key { return UInt32(truncatingIfNeeded: slots[place].end &- 1) }
      place = (place &+ 1) & (slots.count &- 1)
    }
    return nil
  }

  /// Adds a text that is not there yet.
  mutating func insert(_ key: HashKey, at offset: UInt32) {
    if count * 4 >= slots.count * 3 { grow() }
    place(Slot(key: key, end: UInt64(offset) + 1))
    count += 1
  }

  private mutating func place(_ slot: Slot) {
    var place = Int(truncatingIfNeeded: slot.key) & (slots.count - 1)
    while slots[place].end != 0 { place = (place + 1) & (slots.count - 1) }
    slots[place] = slot
  }

  private mutating func grow() {
    let former = slots
    slots = Array(repeating: Slot(), count: former.count * 2)
    for slot in former where slot.end != 0 { place(slot) }
  }
}
