internal import CScan

/// A table from hash keys to the references of records kept elsewhere.
///
/// ```
/// line   10 tags (16) | count (16) | overflow count (16) | 10 references (32)    one cache line
/// key    bits 63...32: first home | 47...16: second home | 15...0: tag, 1 instead of 0
/// ```
///
/// An entry stands in the emptier of its two homes. So the lines fill evenly, however long entries
/// come and go, and the table may be four fifths full. The rare one that finds both full goes to the
/// next line with room behind its second home; the lines passed over count it, so that a search
/// knows where to end and a removal leaves no tombstone. All tags of a line are compared at once.
/// O(1) expected per call. Sources: Azar et al., Balanced allocations, 1999; the overflow counts of
/// F14 (Facebook, 2019).
struct HashIndex: ~Copyable {
  private var lines: UnsafeMutablePointer<probe_line>
  private var lineCount: UInt64
  private(set) var count = 0

  private static let slotsPerLine = 10
  private static let fewestLines: UInt64 = 4

  init() {
    lineCount = HashIndex.fewestLines
    lines = HashIndex.allocate(lineCount)
  }

  deinit { lines.deallocate() }

  var allocatedBytes: Int { Int(lineCount) * MemoryLayout<probe_line>.stride }

  /// Lines that a search for an absent entry does not end at.
  var overflowedLineCount: Int {
    (0..<Int(lineCount)).count { lines[$0].overflow_count > 0 }
  }

  @inline(__always) func prefetchLines(of key: HashKey) {
    prefetch(lines + firstHome(of: key))
    prefetch(lines + secondHome(of: key))
  }

  /// The reference with this key that `matches`, or 0.
  @inline(__always) func find(_ key: HashKey, where matches: (UInt32) -> Bool) -> UInt32 {
    let tag = HashIndex.tag(of: key)
    let first = lines + firstHome(of: key)
    let second = lines + secondHome(of: key)
    // Both lines at once: a branch on which of them it is could not be predicted.
    var slots = probe_tags(first, tag) | probe_tags(second, tag) << 16
    while slots != 0 {
      let slot = slots.trailingZeroBitCount
      let reference = HashIndex.references(slot < 16 ? first : second)[slot & 15]
      if matches(reference) { return reference }
      slots &= slots &- 1
    }
    if second.pointee.overflow_count == 0 { return 0 }
    return findOverflowed(key, where: matches)
  }

  /// Some reference with this key, or 0.
  @inline(__always) func first(_ key: HashKey) -> UInt32 { find(key) { _ in true } }

  /// True when `insert` needs room: four fifths of the slots are taken.
  var isFull: Bool { @inline(__always) get { UInt64(count) >= lineCount &* 8 } }

  /// True when less than a quarter of the slots is taken.
  var isSparse: Bool {
    @inline(__always) get { UInt64(count) &* 2 < lineCount &* 5 && lineCount > 64 }
  }

  /// Adds a reference, also if there is one with the same key, to a table that is not full.
  @inline(__always) mutating func insert(_ key: HashKey, _ reference: UInt32) {
    place(key, HashIndex.tag(of: key), reference)
    count &+= 1
  }

  /// Removes the reference, which must be there with this key.
  @inline(__always) mutating func remove(_ key: HashKey, _ reference: UInt32) {
    let first = lines + firstHome(of: key)
    let second = lines + secondHome(of: key)
    let slots = probe_references(first, reference) | probe_references(second, reference) << 16
    count &-= 1
    if slots == 0 { return removeOverflowed(key, reference) }
    let slot = slots.trailingZeroBitCount
    HashIndex.clear(slot < 16 ? first : second, slot & 15)
  }

  /// Gives the table room for a quarter more, or, when it is sparse, less.
  ///
  /// `keyOf` gives the key under which a reference was added; `prepare` is called some time before,
  /// to prefetch what it reads.
  @inline(__always)
  mutating func resize(keyOf: (UInt32) -> HashKey, prepare: (UInt32) -> Void = { _ in }) {
    let old = lines
    let oldCount = Int(lineCount)
    lineCount = max(UInt64(count) * 10 / 64 &+ 1, HashIndex.fewestLines)
    lines = HashIndex.allocate(lineCount)
    let ahead = 4
    for line in 0..<oldCount {
      if line &+ ahead < oldCount {
        HashIndex.forEachSlot(of: old + (line &+ ahead)) { prepare($1) }
      }
      HashIndex.forEachSlot(of: old + line) { place(keyOf($1), $0, $1) }
    }
    old.deallocate()
  }

  func forEach(_ body: (UInt32) -> Void) {
    for line in 0..<Int(lineCount) { HashIndex.forEachSlot(of: lines + line) { body($1) } }
  }

  // MARK: Homes

  /// 0 stands for an empty slot.
  @inline(__always) private static func tag(of key: HashKey) -> UInt16 {
    max(UInt16(truncatingIfNeeded: key), 1)
  }

  @inline(__always) private func firstHome(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 32) &* lineCount) &>> 32)
  }

  @inline(__always) private func secondHome(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 16 & 0xFFFF_FFFF) &* lineCount) &>> 32)
  }

  @inline(__always) private func place(_ key: HashKey, _ tag: UInt16, _ reference: UInt32) {
    let first = lines + firstHome(of: key)
    let second = lines + secondHome(of: key)
    let line = first.pointee.count <= second.pointee.count ? first : second
    if Int(line.pointee.count) < HashIndex.slotsPerLine {
      HashIndex.fill(line, tag, reference)
    } else {
      placeOverflowed(key, tag, reference)
    }
  }

  // MARK: Behind full homes

  private func next(_ line: Int) -> Int { line + 1 == Int(lineCount) ? 0 : line + 1 }

  @inline(never)
  private func placeOverflowed(_ key: HashKey, _ tag: UInt16, _ reference: UInt32) {
    var line = secondHome(of: key)
    // There is room somewhere, as the table is never full.
    while Int(lines[line].count) == HashIndex.slotsPerLine {
      lines[line].overflow_count += 1
      line = next(line)
    }
    HashIndex.fill(lines + line, tag, reference)
  }

  private func findOverflowed(_ key: HashKey, where matches: (UInt32) -> Bool) -> UInt32 {
    var line = secondHome(of: key)
    // All lines may be passed over: then the search has no other end.
    for _ in 1..<lineCount {
      guard lines[line].overflow_count > 0 else { break }
      line = next(line)
      var slots = probe_tags(lines + line, HashIndex.tag(of: key))
      while slots != 0 {
        let reference = HashIndex.references(lines + line)[slots.trailingZeroBitCount]
        if matches(reference) { return reference }
        slots &= slots &- 1
      }
    }
    return 0
  }

  @inline(never) private func removeOverflowed(_ key: HashKey, _ reference: UInt32) {
    var line = secondHome(of: key)
    var slots: UInt32 = 0
    while slots == 0 {
      precondition(lines[line].overflow_count > 0, "reference \(reference) is not in the index")
      lines[line].overflow_count -= 1
      line = next(line)
      slots = probe_references(lines + line, reference)
    }
    HashIndex.clear(lines + line, slots.trailingZeroBitCount)
  }

  // MARK: Lines

  @inline(__always)
  private static func references(
    _ line: UnsafeMutablePointer<probe_line>
  ) -> UnsafeMutablePointer<UInt32> {
    (UnsafeMutableRawPointer(line) + 24).assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always)
  private static func tags(
    _ line: UnsafeMutablePointer<probe_line>
  ) -> UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(line).assumingMemoryBound(to: UInt16.self)
  }

  /// Uses an empty slot; there is one.
  @inline(__always)
  private static func fill(
    _ line: UnsafeMutablePointer<probe_line>,
    _ tag: UInt16,
    _ reference: UInt32
  ) {
    let slot = probe_tags(line, 0).trailingZeroBitCount
    tags(line)[slot] = tag
    references(line)[slot] = reference
    line.pointee.count &+= 1
  }

  @inline(__always)
  private static func clear(_ line: UnsafeMutablePointer<probe_line>, _ slot: Int) {
    tags(line)[slot] = 0
    references(line)[slot] = 0
    line.pointee.count &-= 1
  }

  @inline(__always)
  private static func forEachSlot(
    of line: UnsafeMutablePointer<probe_line>,
    _ body: (_ tag: UInt16, _ reference: UInt32) -> Void
  ) {
    var used = ~probe_tags(line, 0) & 0x3FF
    while used != 0 {
      let slot = used.trailingZeroBitCount
      body(tags(line)[slot], references(line)[slot])
      used &= used &- 1
    }
  }

  private static func allocate(_ lineCount: UInt64) -> UnsafeMutablePointer<probe_line> {
    let byteCount = Int(lineCount) * MemoryLayout<probe_line>.stride
    let memory = LargePages.allocate(byteCount: byteCount)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return memory.bindMemory(to: probe_line.self, capacity: Int(lineCount))
  }
}
