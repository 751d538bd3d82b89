/// Finds entries by id; entries are added when someone asks, not before: most logs have next to no
/// late events, and nobody asks.
struct LazyIDIndex {
  private var slots = SlotTable()
  private var hashes: [UInt32] = []

  var byteCount: Int { slots.byteCount + hashes.capacity * MemoryLayout<UInt32>.stride }

  /// Whether one of the first `count` entries has this id; `idOf` gives theirs.
  mutating func holds(
    _ id: UnsafeRawBufferPointer,
    hash: UInt32,
    among count: Int,
    idOf: (Int) -> UnsafeRawBufferPointer
  ) -> Bool {
    if hashes.count < count { slots.makeRoom(for: count - hashes.count) { hashes[$0] } }
    while hashes.count < count {
      let entry = hashes.count
      hashes.append(idOf(entry).hash)
      slots.insert(entry, hash: hashes[entry]) { hashes[$0] }
    }
    return slots.find(hash) { hashes[$0] == hash && idOf($0).holdsSame(as: id) } != nil
  }
}
