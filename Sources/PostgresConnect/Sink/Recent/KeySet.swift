import Events

/// A few keys that are looked for among many: most of those are turned away by one look at a bit map
/// that stays in the nearest cache.
struct KeySet {
  private var keys: [HashKey] = []
  private var slots = SlotTable()
  private var bits = [UInt64](repeating: 0, count: 1024)

  var count: Int { keys.count }

  /// - Returns: the key's place: how many others came before it.
  mutating func insert(_ key: HashKey) -> Int {
    if let known = place(of: key) { return known }
    bits[Self.word(of: key)] |= Self.bit(of: key)
    keys.append(key)
    slots.insert(keys.count - 1, hash: UInt32(truncatingIfNeeded: key)) {
      UInt32(truncatingIfNeeded: keys[$0])
    }
    return keys.count - 1
  }

  @inline(__always)
  func place(of key: HashKey) -> Int? {
    guard bits[Self.word(of: key)] & Self.bit(of: key) != 0 else { return nil }
    return slots.find(UInt32(truncatingIfNeeded: key)) { keys[$0] == key }
  }

  @inline(__always)
  private static func word(of key: HashKey) -> Int { Int(truncatingIfNeeded: key >> 6 & 1023) }

  @inline(__always)
  private static func bit(of key: HashKey) -> UInt64 { 1 << (key & 63) }
}
