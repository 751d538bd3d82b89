internal import CScan
internal import Events

/// The event_ids of one stream that are in state, to recognise duplicates: found by hash, compared
/// as they are kept.
///
/// ```
/// line   8 tags (16) | 8 epochs (16) | 8 references (32)                         one cache line
/// key    bits 63...32: first home | 47...16: second home | 15...0: tag
/// epoch  0 free | 1 before `base` | 2... the bucket's number, from `base` on | 65,535 far ahead
/// ```
///
/// Nothing is removed: when buckets leave the state, their epochs cease to count, and so their slots
/// are free. An id stands in the emptier of its two homes, where at most four fifths of all slots
/// are taken; when both are full, one that is there goes to its other home. O(1) expected per call.
/// Source: Azar et al., Balanced allocations, 1999.
struct IDIndex: ~Copyable {
  private var lines: UnsafeMutablePointer<probe_line>
  private var lineCount = IDIndex.fewestLines
  /// Cells in the index, those without an epoch that counts included.
  private(set) var count = 0
  /// What found no place: next to nothing, unless hashes are the same.
  private var spilled: [Entry] = []

  /// The first bucket that is in state.
  private var firstNumber = Int64.min
  private var firstEpoch: UInt16 = 1
  /// The bucket of epoch 2.
  private var base: Int64 = 0
  private var hasEarlier = false
  private let bucketBits: Int64

  private struct Entry: BitwiseCopyable {
    var key: HashKey
    /// Of its bucket.
    var number: Int64
    var cell: UInt32
  }

  /// What is known of an id.
  enum Lookup {
    /// It is new; good until the next call.
    case place(Place)
    /// This cell has it.
    case cell(UInt32)
  }

  /// Where an id may be put.
  struct Place: BitwiseCopyable {
    fileprivate var line: UnsafeMutablePointer<probe_line>
    fileprivate var slot: Int
  }

  private static let slotsPerLine = 8
  private static let fewestLines: UInt64 = 4
  /// Buckets before the first one that is put in which count as near.
  private static let mostEarlier: Int64 = 4096
  /// Epochs are given anew when the first one that counts is greater.
  private static let greatestFirstEpoch: UInt64 = 32_768
  private static let noSlot = 16
  /// How far ahead memory is asked for.
  private static let linesAhead = 4

  /// - Parameter bucketBits: a bucket's number is `time >> bucketBits`.
  init(bucketBits: Int64) {
    self.bucketBits = bucketBits
    lines = IDIndex.allocate(lineCount)
  }

  deinit { lines.deallocate() }

  var allocatedBytes: Int {
    Int(lineCount) * MemoryLayout<probe_line>.stride
      + spilled.capacity * MemoryLayout<Entry>.stride
  }

  @inline(__always) func prefetchLines(of key: HashKey) {
    prefetch(lines + firstHome(of: key))
    prefetch(lines + secondHome(of: key))
  }

  /// Where the id of a record of this time may be put, unless a cell of the same time has it, or one
  /// at or after `start`.
  @inline(__always)
  mutating func find(
    _ id: PackedID,
    _ text: UnsafeRawPointer,
    _ key: HashKey,
    at time: Int64,
    since start: Int64,
    in cells: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) -> Lookup {
    if isFull { resize(cells, hash) }
    let first = lines + firstHome(of: key)
    let second = lines + secondHome(of: key)
    let probe = probe_lines(first, second, UInt16(truncatingIfNeeded: key), firstEpoch)
    var matches = probe.matches
    while matches != 0 {
      let slot = matches.trailingZeroBitCount
      let cell = IDIndex.references(slot < 8 ? first : second)[slot & 7]
      if IDIndex.isSame(id, text, cell, at: time, since: start, in: cells) { return .cell(cell) }
      matches &= matches &- 1
    }
    if !spilled.isEmpty {
      let cell = spilledCell(id, text, at: time, since: start, in: cells)
      if cell != 0 { return .cell(cell) }
    }
    let slot = Int(truncatingIfNeeded: probe.free_slot)
    if slot == IDIndex.noSlot { return .place(makeRoom(first, second, cells, hash)) }
    return .place(Place(line: slot < 8 ? first : second, slot: slot & 7))
  }

  /// Adds a cell of this bucket at the place that was found for its id.
  @inline(__always)
  mutating func put(_ cell: UInt32, _ key: HashKey, at place: Place, bucket number: Int64) {
    if count == 0 && firstNumber == .min { setFirstBase(number) }
    count &+= 1
    store(Entry(key: key, number: number, cell: cell), at: place)
  }

  /// Counts cells out whose buckets leave the state.
  mutating func countOut(_ gone: Int) { count -= gone }

  /// Forgets the cells of all buckets before this one: call while they are still there.
  mutating func expire(before number: Int64, _ cells: ChunkArena.Blocks, _ hash: KeyedHash) {
    guard number > firstNumber else { return }
    firstNumber = number
    spilled.removeAll { $0.number < number }
    let isNear =
      !hasEarlier && number >= base
      && UInt64(bitPattern: number &- base) < IDIndex.greatestFirstEpoch
    if isNear {
      firstEpoch = UInt16(number &- base &+ 2)
    } else {
      rebuild(base: number, lineCount, cells, hash)
    }
  }

  /// Gives memory back when much fewer cells are left.
  mutating func trim(_ cells: ChunkArena.Blocks, _ hash: KeyedHash) {
    if UInt64(count) < lineCount && lineCount > 64 { resize(cells, hash) }
  }

  /// Forgets all, and keeps the memory.
  mutating func removeAll() {
    IDIndex.clear(lines, lineCount)
    spilled.removeAll()
    count = 0
    firstNumber = .min
    firstEpoch = 1
    hasEarlier = false
  }

  // MARK: Places

  @inline(__always) private mutating func store(_ entry: Entry, at place: Place) {
    if place.slot == IDIndex.noSlot {
      spilled.append(entry)
    } else {
      fill(place, UInt16(truncatingIfNeeded: entry.key), epoch(of: entry.number), entry.cell)
    }
  }

  @inline(__always)
  private func fill(_ place: Place, _ tag: UInt16, _ epoch: UInt16, _ cell: UInt32) {
    IDIndex.tags(place.line)[place.slot] = tag
    IDIndex.epochs(place.line)[place.slot] = epoch
    IDIndex.references(place.line)[place.slot] = cell
  }

  @inline(__always) private func firstHome(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 32) &* lineCount) &>> 32)
  }

  @inline(__always) private func secondHome(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 16 & 0xFFFF_FFFF) &* lineCount) &>> 32)
  }

  /// Empties a slot of full homes: an id that stands there goes to its other home.
  @inline(never)
  private func makeRoom(
    _ first: UnsafeMutablePointer<probe_line>,
    _ second: UnsafeMutablePointer<probe_line>,
    _ cells: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) -> Place {
    for slot in 0..<IDIndex.noSlot {
      let line = slot < 8 ? first : second
      let cell = IDIndex.references(line)[slot & 7]
      let key = cells.idKey(of: cell, hash)
      let home = lines + firstHome(of: key)
      let other = home == line ? lines + secondHome(of: key) : home
      let free = Int(truncatingIfNeeded: probe_lines(other, other, 0, firstEpoch).free_slot)
      if free == IDIndex.noSlot { continue }
      let epoch = IDIndex.epochs(line)[slot & 7]
      fill(Place(line: other, slot: free & 7), UInt16(truncatingIfNeeded: key), epoch, cell)
      return Place(line: line, slot: slot & 7)
    }
    return Place(line: first, slot: IDIndex.noSlot)
  }

  @inline(never)
  private func spilledCell(
    _ id: PackedID,
    _ text: UnsafeRawPointer,
    at time: Int64,
    since start: Int64,
    in cells: ChunkArena.Blocks
  ) -> UInt32 {
    for entry in spilled
    where IDIndex.isSame(id, text, entry.cell, at: time, since: start, in: cells) {
      return entry.cell
    }
    return 0
  }

  @inline(__always)
  private static func isSame(
    _ id: PackedID,
    _ text: UnsafeRawPointer,
    _ cell: UInt32,
    at time: Int64,
    since start: Int64,
    in cells: ChunkArena.Blocks
  ) -> Bool {
    guard cells.hasID(cell, id, text) else { return false }
    let cellTime = cells.time(of: cell)
    return cellTime >= start || cellTime == time
  }

  // MARK: Epochs

  @inline(__always) private mutating func epoch(of number: Int64) -> UInt16 {
    let distance = UInt64(bitPattern: number &- base)
    if number >= base { return UInt16(truncatingIfNeeded: min(distance, 65_533) &+ 2) }
    // It has left before it came.
    if firstNumber > .min { return 0 }
    hasEarlier = true
    return 1
  }

  private mutating func setFirstBase(_ number: Int64) {
    let (first, overflow) = number.subtractingReportingOverflow(IDIndex.mostEarlier)
    base = overflow ? .min : first
  }

  // MARK: Sizes

  @inline(__always) private var isFull: Bool { UInt64(count) &* 5 >= lineCount &* 32 }

  /// Makes 53 of 100 slots taken.
  @inline(never)
  private mutating func resize(_ cells: ChunkArena.Blocks, _ hash: KeyedHash) {
    rebuild(base: base, max(UInt64(count) * 15 / 64 + 1, IDIndex.fewestLines), cells, hash)
  }

  /// Puts every cell in again that is in state, with epochs from another base on.
  private mutating func rebuild(
    base newBase: Int64,
    _ newLineCount: UInt64,
    _ cells: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) {
    let (old, oldCount, oldBase, oldFirst) = (lines, Int(lineCount), base, firstEpoch)
    let oldSpilled = spilled
    spilled = []
    lineCount = newLineCount
    lines = IDIndex.allocate(lineCount)
    base = newBase
    hasEarlier = false
    firstEpoch = firstNumber == .min ? 1 : UInt16(firstNumber &- base &+ 2)

    let block = KeyBlock<Entry>()
    var filled = 0
    for index in 0..<oldCount {
      if index &+ IDIndex.linesAhead < oldCount {
        IDIndex.forEach(in: old + (index &+ IDIndex.linesAhead), oldFirst) {
          prefetch(cells.pointer($1))
        }
      }
      IDIndex.forEach(in: old + index, oldFirst) { epoch, cell in
        let number =
          epoch > 1 && epoch < .max
          ? oldBase &+ Int64(epoch) &- 2 : cells.time(of: cell) >> bucketBits
        guard number >= firstNumber else { return }
        let key = cells.idKey(of: cell, hash)
        prefetchLines(of: key)
        block[filled].initialize(to: Entry(key: key, number: number, cell: cell))
        filled &+= 1
      }
      if filled &+ IDIndex.slotsPerLine > KeyBlock<Entry>.count || index &+ 1 == oldCount {
        for place in 0..<filled { putAgain(block[place].pointee, cells, hash) }
        filled = 0
      }
    }
    for entry in oldSpilled where entry.number >= firstNumber { putAgain(entry, cells, hash) }
    old.deallocate()
  }

  @inline(__always)
  private mutating func putAgain(
    _ entry: Entry,
    _ cells: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) {
    let first = lines + firstHome(of: entry.key)
    let second = lines + secondHome(of: entry.key)
    let slot = Int(truncatingIfNeeded: probe_lines(first, second, 0, firstEpoch).free_slot)
    if slot == IDIndex.noSlot {
      store(entry, at: makeRoom(first, second, cells, hash))
    } else {
      store(entry, at: Place(line: slot < 8 ? first : second, slot: slot & 7))
    }
  }

  // MARK: Lines

  @inline(__always)
  private static func tags(
    _ line: UnsafeMutablePointer<probe_line>
  ) -> UnsafeMutablePointer<UInt16> {
    UnsafeMutableRawPointer(line).assumingMemoryBound(to: UInt16.self)
  }

  @inline(__always)
  private static func epochs(
    _ line: UnsafeMutablePointer<probe_line>
  ) -> UnsafeMutablePointer<UInt16> {
    (UnsafeMutableRawPointer(line) + 16).assumingMemoryBound(to: UInt16.self)
  }

  @inline(__always)
  private static func references(
    _ line: UnsafeMutablePointer<probe_line>
  ) -> UnsafeMutablePointer<UInt32> {
    (UnsafeMutableRawPointer(line) + 32).assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always)
  private static func forEach(
    in line: UnsafeMutablePointer<probe_line>,
    _ firstEpoch: UInt16,
    _ body: (_ epoch: UInt16, _ reference: UInt32) -> Void
  ) {
    for slot in 0..<slotsPerLine where epochs(line)[slot] >= firstEpoch {
      body(epochs(line)[slot], references(line)[slot])
    }
  }

  private static func allocate(_ lineCount: UInt64) -> UnsafeMutablePointer<probe_line> {
    let memory = LargePages.allocate(byteCount: Int(lineCount) * MemoryLayout<probe_line>.stride)
    let lines = memory.bindMemory(to: probe_line.self, capacity: Int(lineCount))
    clear(lines, lineCount)
    return lines
  }

  private static func clear(_ lines: UnsafeMutablePointer<probe_line>, _ lineCount: UInt64) {
    lines.initialize(repeating: probe_line(), count: Int(lineCount))
  }
}
