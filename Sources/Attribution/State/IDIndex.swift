internal import CScan

/// The event_ids of one stream that are in state, to recognise duplicates: compared bytewise, found
/// by hash.
struct IDIndex: ~Copyable {
  private var index = HashIndex()

  var count: Int { index.count }
  var allocatedBytes: Int { index.allocatedBytes }

  @inline(__always) func prefetchLine(of key: HashKey) { index.prefetchLine(of: key) }

  /// True when a cell at or after `start` has this id.
  @inline(__always)
  func contains(
    _ id: UnsafeRawBufferPointer,
    _ key: HashKey,
    since start: Int64,
    in cells: ChunkArena.Blocks
  ) -> Bool {
    let found = index.find(key) { cell in
      let other = cells.id(cell)
      guard other.count == id.count, cells.time(of: cell) >= start else { return false }
      guard let left = id.baseAddress, let right = other.baseAddress else { return true }
      return left.holdsSameBytes(as: right, count: id.count)
    }
    return found != 0
  }

  @inline(__always)
  mutating func insert(
    _ key: HashKey,
    _ cell: UInt32,
    _ cells: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) {
    index.insert(
      key,
      cell,
      laneOf: { hash.key(ofID: cells.id($0)).lane },
      prepare: { prefetch(cells.pointer($0)) }
    )
  }

  /// Removes the cell, whose key is at hand.
  @inline(__always)
  mutating func remove(
    _ key: HashKey,
    _ cell: UInt32,
    _ cells: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) {
    index.remove(
      key.lane,
      cell,
      laneOf: { hash.key(ofID: cells.id($0)).lane },
      prepare: { prefetch(cells.pointer($0)) }
    )
  }
}

extension KeyedHash {
  @inline(__always) func key(ofID id: UnsafeRawBufferPointer) -> HashKey {
    guard let bytes = id.baseAddress else { return HashKey(lane: 0, tag: 0) }
    return self.id(bytes, id.count)
  }
}
