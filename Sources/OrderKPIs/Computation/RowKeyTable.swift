/// Numbers keys from 0 on, in the order in which they are first seen: keep-first for a table of keys.
///
/// ```
/// slot   key (96) | number (32)      the greatest number: empty
/// ```
/// Open addressing with linear probing, at most three quarters full. Expected O(1) per call.
///
/// Unchecked: the slots have one owner, and change only when that one does.
struct RowKeyTable: ~Copyable, @unchecked Sendable {
  private struct Slot: BitwiseCopyable {
    var key: RowKey
    var number: UInt32
  }

  private static let empty = UInt32.max

  private let keys: KeyMaker
  private var slots: UnsafeMutablePointer<Slot>
  private var capacity: Int
  /// Covers the slots in use, whose count is a power of two.
  private var mask: Int
  private(set) var count = 0

  /// Makes a table for so many keys; more cost time.
  init(_ keys: KeyMaker, expecting count: Int = 0) {
    self.keys = keys
    capacity = Self.slotCount(for: count)
    mask = capacity - 1
    slots = .allocate(capacity: capacity)
    Self.clear(slots, capacity)
  }

  deinit { slots.deallocate() }

  /// Forgets all keys, and keeps the memory if it is enough.
  mutating func reset(expecting count: Int) {
    let wanted = Self.slotCount(for: count)
    if wanted > capacity {
      slots.deallocate()
      slots = .allocate(capacity: wanted)
      capacity = wanted
    }
    mask = wanted - 1
    self.count = 0
    Self.clear(slots, wanted)
  }

  /// The number of the key, which gets the next one if it is new.
  @inline(__always)
  mutating func insert(_ key: RowKey) -> (number: Int, isNew: Bool) {
    var index = Int(truncatingIfNeeded: keys.spread(key)) & mask
    while slots[index].number != Self.empty {
      if slots[index].key == key { return (Int(slots[index].number), false) }
      index = (index &+ 1) & mask
    }
    slots[index] = Slot(key: key, number: UInt32(truncatingIfNeeded: count))
    count &+= 1
    if count &* 4 > mask &* 3 { grow() }
    return (count &- 1, true)
  }

  /// The number of the key; nil if it was never inserted.
  @inline(__always)
  func number(of key: RowKey) -> Int? {
    var index = Int(truncatingIfNeeded: keys.spread(key)) & mask
    while slots[index].number != Self.empty {
      if slots[index].key == key { return Int(slots[index].number) }
      index = (index &+ 1) & mask
    }
    return nil
  }

  @inline(never)
  private mutating func grow() {
    let old = slots
    let oldCount = mask + 1
    capacity = oldCount * 4
    mask = capacity - 1
    slots = .allocate(capacity: capacity)
    Self.clear(slots, capacity)
    for slot in UnsafeBufferPointer(start: old, count: oldCount) where slot.number != Self.empty {
      var index = Int(truncatingIfNeeded: keys.spread(slot.key)) & mask
      while slots[index].number != Self.empty { index = (index &+ 1) & mask }
      slots[index] = slot
    }
    old.deallocate()
  }

  private static func clear(_ slots: UnsafeMutablePointer<Slot>, _ count: Int) {
    UnsafeMutableRawPointer(slots).initializeMemory(
      as: UInt8.self,
      repeating: 0xFF,
      count: count * MemoryLayout<Slot>.stride
    )
  }

  private static func slotCount(for count: Int) -> Int {
    var slotCount = 64
    while slotCount * 3 < count * 4 + 4 { slotCount *= 2 }
    return slotCount
  }
}
