internal import CScan

/// The event_ids of one stream that are in state, to recognise duplicates: compared bytewise, found
/// by hash.
struct IDIndex: ~Copyable {
  private var index = HashIndex()

  var count: Int { index.count }
  var allocatedBytes: Int { index.allocatedBytes }

  @inline(__always) func prefetchLines(of key: HashKey) { index.prefetchLines(of: key) }

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

  /// Adds a cell, whose id is not there yet.
  @inline(__always)
  mutating func insert(
    _ key: HashKey,
    _ cell: UInt32,
    _ cells: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) {
    if index.isFull { resize(cells, hash) }
    index.insert(key, cell)
  }

  /// Removes a cell; call `trim` afterwards.
  @inline(__always) mutating func remove(_ key: HashKey, _ cell: UInt32) {
    index.remove(key, cell)
  }

  /// Gives memory back when much fewer cells are left.
  mutating func trim(_ cells: ChunkArena.Blocks, _ hash: KeyedHash) {
    if index.isSparse { resize(cells, hash) }
  }

  @inline(never)
  private mutating func resize(_ cells: ChunkArena.Blocks, _ hash: KeyedHash) {
    index.resize(
      keyOf: { hash.id(cells.id($0)) },
      prepare: { prefetch(cells.pointer($0)) }
    )
  }
}
