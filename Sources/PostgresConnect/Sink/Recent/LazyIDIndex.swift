/// Finds entries by id; entries are added when someone asks, not before: most logs have next to no
/// late events, and nobody asks.
struct LazyIDIndex {
  private var slots = SlotTable()
  private var hashes: [UInt32] = []

  var byteCount: Int { slots.byteCount + hashes.capacity * MemoryLayout<UInt32>.stride }

  /// Adds the entries up to `count` that are not in it yet.
  mutating func complete(to count: Int, id: (Int) -> UnsafeRawBufferPointer) {
    for entry in hashes.count..<max(count, hashes.count) {
      hashes.append(id(entry).hash)
      slots.insert(entry, hash: hashes[entry]) { hashes[$0] }
    }
  }

  /// Whether there is an entry with this hash that `isMatch` accepts.
  func find(_ hash: UInt32, _ isMatch: (Int) -> Bool) -> Bool {
    slots.find(hash) { hashes[$0] == hash && isMatch($0) } != nil
  }
}
