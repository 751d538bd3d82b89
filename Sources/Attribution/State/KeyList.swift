/// Records of one bucket and stream that wait for their replay, in the order of arrival.
///
/// ```
/// key   offset of the time in its bucket (32) | reference (32)
/// keys  | replayed | sorted | arrived since |
/// ```
///
/// Owned by its bucket, which frees it.
struct KeyList: BitwiseCopyable {
  private(set) var keys: UnsafeMutablePointer<UInt64>?
  private(set) var count: Int32 = 0
  private var capacity: Int32 = 0
  private var sortedCount: Int32 = 0
  var replayedCount: Int32 = 0

  var allocatedBytes: Int { Int(capacity) * 8 }

  /// What is not replayed yet.
  var waiting: UnsafeMutableBufferPointer<UInt64> {
    UnsafeMutableBufferPointer(
      start: keys.map { $0 + Int(replayedCount) },
      count: Int(count &- replayedCount)
    )
  }

  @inline(__always) mutating func append(offset: UInt32, reference: UInt32) {
    if count == capacity { grow() }
    // Proof: `grow` has allocated when it was nil, since capacity is then 0.
    keys.unsafelyUnwrapped[Int(count)] = UInt64(offset) << 32 | UInt64(reference)
    count &+= 1
  }

  /// Brings what waits into the order of time.
  mutating func sort(scratch: inout SortScratch) {
    guard sortedCount < count else { return }
    scratch.sort(waiting)
    sortedCount = count
  }

  /// Brings clicks that wait into the order of (time, event_id).
  mutating func sortClicks(scratch: inout SortScratch, cells: borrowing ChunkArena) {
    guard sortedCount < count else { return }
    let keys = waiting
    scratch.sort(keys)
    sortedCount = count
    var start = 0
    while start < keys.count {
      var end = start &+ 1
      while end < keys.count && keys[end] >> 32 == keys[start] >> 32 { end &+= 1 }
      if end &- start > 1 { KeyList.sortByID(keys[start..<end], cells) }
      start = end
    }
  }

  private static func sortByID(
    _ keys: Slice<UnsafeMutableBufferPointer<UInt64>>,
    _ cells: borrowing ChunkArena
  ) {
    var keys = keys
    keys.sort {
      cells.idPrecedes(UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $1))
    }
  }

  mutating func free() {
    keys?.deallocate()
    self = KeyList()
  }

  private mutating func grow() {
    let larger = max(16, capacity + capacity / 2)
    let target = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(larger))
    if let keys {
      target.moveInitialize(from: keys, count: Int(count))
      keys.deallocate()
    }
    keys = target
    capacity = larger
  }
}

/// Sorts keys by their upper half: radix sort for many, insertion for few.
struct SortScratch: ~Copyable {
  private var buffer: UnsafeMutablePointer<UInt64>
  private var capacity = 256

  init() { buffer = .allocate(capacity: capacity) }

  deinit { buffer.deallocate() }

  var allocatedBytes: Int { capacity * 8 }

  mutating func sort(_ keys: UnsafeMutableBufferPointer<UInt64>) {
    if keys.count < 48 { insertionSort(keys) } else { radixSort(keys) }
  }

  private func insertionSort(_ keys: UnsafeMutableBufferPointer<UInt64>) {
    var index = 1
    while index < keys.count {
      let key = keys[index]
      var place = index
      while place > 0 && keys[place &- 1] > key {
        keys[place] = keys[place &- 1]
        place &-= 1
      }
      keys[place] = key
      index &+= 1
    }
  }

  /// Least significant byte first, over the bytes in which the offsets differ.
  private mutating func radixSort(_ keys: UnsafeMutableBufferPointer<UInt64>) {
    let count = keys.count
    guard var source = keys.baseAddress else { return }
    if capacity < count {
      buffer.deallocate()
      capacity = count &+ count / 4
      buffer = .allocate(capacity: capacity)
    }
    var target = buffer
    var all: UInt64 = 0
    for index in 0..<count { all |= source[index] ^ source[0] }
    for shift in stride(from: UInt64(32), to: 64, by: 8) where all >> shift & 255 != 0 {
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: 256) { places in
        places.initialize(repeating: 0)
        for index in 0..<count { places[Int(source[index] >> shift & 255)] &+= 1 }
        var sum: Int32 = 0
        for digit in 0..<256 {
          let size = places[digit]
          places[digit] = sum
          sum &+= size
        }
        for index in 0..<count {
          let key = source[index]
          let digit = Int(key >> shift & 255)
          target[Int(places[digit])] = key
          places[digit] &+= 1
        }
      }
      swap(&source, &target)
    }
    if let base = keys.baseAddress, source != base { base.update(from: source, count: count) }
  }
}
