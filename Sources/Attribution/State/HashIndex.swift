internal import CScan

/// A table from hash keys to the references of records kept elsewhere.
///
/// ```
/// line   10 tags (16) | overflow count (32) | 10 references (32)       one cache line
/// home   upper half of the lane * lines >> 32
/// ```
///
/// An entry stands in any slot of its home line or, when that is full, in the next line with room;
/// the lines passed over count it, so that a search stops at the first line which nothing has passed
/// over, and removal leaves no tombstone. All tags of a line are compared at once. Capacity follows
/// the count in steps of a fifth instead of doubling. Expected O(1) per call, one cache miss.
/// Source: the overflow counts of F14 (Bronson and Shi, Facebook, 2019).
struct HashIndex: ~Copyable {
  private var lines: UnsafeMutablePointer<probe_line>
  private var lineCount: UInt64
  private(set) var count = 0

  private static let slotsPerLine: UInt64 = 10
  private static let fewestLines: UInt64 = 4

  init() {
    lineCount = HashIndex.fewestLines
    lines = HashIndex.allocate(lineCount)
  }

  deinit { lines.deallocate() }

  var allocatedBytes: Int { Int(lineCount) * MemoryLayout<probe_line>.stride }

  @inline(__always) func prefetchLine(of key: HashKey) { prefetch(lines + home(of: key.lane)) }

  /// The reference with this key that `matches`, or 0.
  @inline(__always) func find(_ key: HashKey, where matches: (UInt32) -> Bool) -> UInt32 {
    let tag = HashIndex.tag(of: key)
    var line = home(of: key.lane)
    // Lines left to search: with all of them full of passed over entries there is no other end.
    var rest = lineCount
    while true {
      var slots = probe_tags(lines + line, tag)
      while slots != 0 {
        let reference = self.reference(line, slots.trailingZeroBitCount)
        if matches(reference) { return reference }
        slots &= slots &- 1
      }
      rest &-= 1
      if lines[line].overflow_count == 0 || rest == 0 { return 0 }
      line = next(line)
    }
  }

  /// Some reference with this key, or 0.
  @inline(__always) func first(_ key: HashKey) -> UInt32 { find(key) { _ in true } }

  /// Adds a reference, also if there is one with the same key.
  ///
  /// - Parameters:
  ///   - laneOf: the lane under which a reference was added.
  ///   - prepare: called some time before `laneOf`, to prefetch what that reads.
  @inline(__always)
  mutating func insert(
    _ key: HashKey,
    _ reference: UInt32,
    laneOf: (UInt32) -> UInt64,
    prepare: (UInt32) -> Void = { _ in }
  ) {
    // Full at 17 of 20 slots.
    if UInt64(count) &* 2 >= lineCount &* 17 {
      resize(to: lineCount &+ lineCount / 5 &+ 1, laneOf, prepare)
    }
    place(HashIndex.tag(of: key), reference, home(of: key.lane))
    count &+= 1
  }

  /// Removes the reference, which must be there with this lane.
  @inline(__always)
  mutating func remove(
    _ lane: UInt64,
    _ reference: UInt32,
    laneOf: (UInt32) -> UInt64,
    prepare: (UInt32) -> Void = { _ in }
  ) {
    var line = home(of: lane)
    var slots = probe_references(lines + line, reference)
    var rest = lineCount
    while slots == 0 {
      rest &-= 1
      precondition(rest > 0, "reference \(reference) is not in the index")
      lines[line].overflow_count &-= 1
      line = next(line)
      slots = probe_references(lines + line, reference)
    }
    set(line, slots.trailingZeroBitCount, tag: 0, reference: 0)
    count &-= 1
    // Under a quarter full.
    if UInt64(count) &* 4 < lineCount &* HashIndex.slotsPerLine, lineCount > 64 {
      resize(to: UInt64(count) / 7, laneOf, prepare)
    }
  }

  func forEach(_ body: (UInt32) -> Void) {
    for line in 0..<Int(lineCount) {
      forEachSlot(of: lines + line) { _, reference in body(reference) }
    }
  }

  // MARK: Lines

  /// 0 stands for an empty slot.
  @inline(__always) private static func tag(of key: HashKey) -> UInt16 { max(key.tag, 1) }

  @inline(__always) private func home(of lane: UInt64) -> Int {
    Int(truncatingIfNeeded: ((lane &>> 32) &* lineCount) &>> 32)
  }

  @inline(__always) private func next(_ line: Int) -> Int {
    line &+ 1 == Int(truncatingIfNeeded: lineCount) ? 0 : line &+ 1
  }

  @inline(__always) private func references(_ line: Int) -> UnsafeMutablePointer<UInt32> {
    (UnsafeMutableRawPointer(lines + line) + 24).assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always) private func reference(_ line: Int, _ slot: Int) -> UInt32 {
    references(line)[slot]
  }

  @inline(__always)
  private func set(_ line: Int, _ slot: Int, tag: UInt16, reference: UInt32) {
    UnsafeMutableRawPointer(lines + line).assumingMemoryBound(to: UInt16.self)[slot] = tag
    references(line)[slot] = reference
  }

  /// Puts an entry into the first line with room; there is one, as the table is never full.
  @inline(__always)
  private func place(_ tag: UInt16, _ reference: UInt32, _ home: Int) {
    var line = home
    var free = probe_tags(lines + line, 0)
    while free == 0 {
      lines[line].overflow_count &+= 1
      line = next(line)
      free = probe_tags(lines + line, 0)
    }
    set(line, free.trailingZeroBitCount, tag: tag, reference: reference)
  }

  @inline(__always)
  private func forEachSlot(
    of line: UnsafeMutablePointer<probe_line>,
    _ body: (_ tag: UInt16, _ reference: UInt32) -> Void
  ) {
    let base = UnsafeRawPointer(line)
    var used = ~probe_tags(line, 0) & 0x3FF
    while used != 0 {
      let slot = used.trailingZeroBitCount
      body(
        base.load(fromByteOffset: slot &* 2, as: UInt16.self),
        base.load(fromByteOffset: 24 &+ slot &* 4, as: UInt32.self)
      )
      used &= used &- 1
    }
  }

  @inline(never)
  private mutating func resize(
    to wanted: UInt64,
    _ laneOf: (UInt32) -> UInt64,
    _ prepare: (UInt32) -> Void
  ) {
    let old = lines
    let oldCount = Int(lineCount)
    lineCount = max(wanted, HashIndex.fewestLines)
    lines = HashIndex.allocate(lineCount)
    let ahead = 4
    for line in 0..<oldCount {
      if line + ahead < oldCount { forEachSlot(of: old + line + ahead) { prepare($1) } }
      forEachSlot(of: old + line) { tag, reference in
        place(tag, reference, home(of: laneOf(reference)))
      }
    }
    old.deallocate()
  }

  private static func allocate(_ lineCount: UInt64) -> UnsafeMutablePointer<probe_line> {
    let byteCount = Int(lineCount) * MemoryLayout<probe_line>.stride
    let memory = LargePages.allocate(byteCount: byteCount)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return memory.bindMemory(to: probe_line.self, capacity: Int(lineCount))
  }
}
