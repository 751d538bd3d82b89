internal import CScan
internal import Events

/// The event_ids of one stream that are in state, to recognise duplicates: found by hash, compared
/// as they are kept.
///
/// ```
/// line   16 slots (4 bytes each)                                                 one cache line
/// slot   epoch (12) | tag (12) | place of the chunk in its bucket, its last 8 bits
/// epoch  0 free | 1... the bucket's number, from `base` on
/// key    bits 63...32: first home | 43...12: second home | 11...0: tag
/// ```
///
/// A slot leads to a chunk of the bucket's cells, which is searched: 4 bytes an id instead of 8, and
/// one of 4096 other ids in a line costs a search in vain. Nothing is removed: when buckets leave
/// the state, their epochs cease to count, and so their slots are free. An id stands in the emptier
/// of its two homes, where at most four fifths of all slots are taken: O(1) expected per call.
/// Source: Azar et al., Balanced allocations, 1999.
struct IDIndex: ~Copyable {
  var lines: UnsafeMutablePointer<probe_line>
  var lineCount = IDIndex.fewestLines
  /// Cells in the index, those without an epoch included.
  var count = 0
  /// Cells that have left since the lines were made.
  var goneCount = 0

  /// The first bucket that is in state, and the least slot that counts.
  var firstNumber = Int64.min
  var firstSlot = IDIndex.slot(epoch: 1)
  /// The buckets of epoch 1 and of the last one.
  var base = Int64.max
  var lastNumber = Int64.min
  /// Cells of buckets that have no epoch, hours before the first one or ahead; and what found no
  /// place: next to nothing, unless hashes are the same.
  var others: [HashKey: [Other]] = [:]
  /// A bit for the last 6 bits of every key among them.
  var otherBits: UInt64 = 0

  private let bucketBits: Int64
  /// Of the stamps of the cells.
  let kind: UInt32

  struct Other: BitwiseCopyable {
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

  /// Where an id may be put: a slot, or nil where there is none.
  typealias Place = UnsafeMutablePointer<Int32>?

  private static let slotsPerLine = 16
  static let fewestLines: UInt64 = 4
  static let greatestEpoch: Int64 = 4095
  /// Buckets before the first one that is put in which get epochs.
  static let mostEarlier: Int64 = 1024
  /// Epochs are given anew for a bucket that is no further ahead of the first one in state.
  static let mostAhead: UInt64 = 3000
  private static let tagMask: Int32 = 0xFFF << 8

  /// - Parameters:
  ///   - bucketBits: a bucket's number is `time >> bucketBits`.
  ///   - kind: 0 for clicks, `CheckoutID.flag` for checkouts.
  init(bucketBits: Int64, kind: UInt32) {
    self.bucketBits = bucketBits
    self.kind = kind
    lines = IDIndex.allocate(lineCount)
  }

  deinit { lines.deallocate() }

  var allocatedBytes: Int {
    Int(lineCount) * MemoryLayout<probe_line>.stride
      + others.capacity * MemoryLayout<(HashKey, [Other])>.stride
      + others.values.reduce(0) { $0 + 32 + $1.capacity * MemoryLayout<Other>.stride }
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
    in buckets: borrowing Buckets,
    _ blocks: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) -> Lookup {
    if isFull || time &>> bucketBits > lastNumber {
      makeRoom(for: time &>> bucketBits, buckets, blocks, hash)
    }
    let wanted = Wanted(id: id, text: text, time: time, start: start)
    if otherBits &>> (key & 63) & 1 != 0 {
      let cell = otherCell(wanted, key, blocks)
      if cell != 0 { return .cell(cell) }
    }
    let (first, second) = (lines + firstHome(of: key), lines + secondHome(of: key))
    let tag = IDIndex.tag(of: key)
    let inFirst = probe_slots_of(first, tag, IDIndex.tagMask, firstSlot)
    let inSecond = probe_slots_of(second, tag, IDIndex.tagMask, firstSlot)
    if inFirst.matches | inSecond.matches != 0 {
      var cell = search(inFirst.matches, of: first, for: wanted, buckets, blocks)
      if cell == 0 {
        cell = search(inSecond.matches, of: second, for: wanted, buckets, blocks)
      }
      if cell != 0 { return .cell(cell) }
    }
    return .place(IDIndex.freeSlot(first, inFirst, second, inSecond))
  }

  /// Adds a cell of this bucket at the place that was found for its id.
  ///
  /// The cell's chunk is the `chunk`-th of the bucket's list.
  @inline(__always)
  mutating func put(
    _ cell: UInt32,
    _ key: HashKey,
    at place: Place,
    bucket number: Int64,
    chunk: Int32
  ) {
    count &+= 1
    if let place, number >= base, number <= lastNumber {
      place.pointee =
        IDIndex.slot(epoch: number &- base &+ 1) | IDIndex.tag(of: key) | chunk & 0xFF
    } else if number >= firstNumber {
      otherBits |= 1 &<< (key & 63)
      others[key, default: []].append(Other(number: number, cell: cell))
    }
  }

  /// Counts cells out whose buckets leave the state.
  mutating func countOut(_ gone: Int) {
    count -= gone
    goneCount += gone
  }

  /// Forgets the cells of all buckets before this one: call while they are still there.
  mutating func expire(
    before number: Int64,
    _ buckets: borrowing Buckets,
    _ blocks: ChunkArena.Blocks,
    _ hash: KeyedHash
  ) {
    guard number > firstNumber else { return }
    firstNumber = number
    if !others.isEmpty {
      others = others.mapValues { $0.filter { $0.number >= number } }.filter { !$0.value.isEmpty }
      otherBits = others.keys.reduce(0) { $0 | 1 &<< ($1 & 63) }
    }
    if number > lastNumber {
      rebuild(base: number, lineCount, buckets, blocks, hash)
    } else if number >= base {
      firstSlot = IDIndex.slot(epoch: number &- base &+ 1)
    }
  }

  /// Gives memory back that was not needed while the state was replaced twice: makes 23 of 32 slots
  /// taken.
  mutating func trim(_ buckets: borrowing Buckets, _ blocks: ChunkArena.Blocks, _ hash: KeyedHash) {
    guard goneCount > 2 * count && UInt64(count) < lineCount * 9 && lineCount > 64 else { return }
    rebuild(base: base, UInt64(count) * 2 / 23 + 1, buckets, blocks, hash)
  }

  /// Forgets all, and keeps the memory.
  mutating func removeAll() {
    IDIndex.clear(lines, lineCount)
    others.removeAll()
    otherBits = 0
    (count, goneCount) = (0, 0)
    firstNumber = .min
    firstSlot = IDIndex.slot(epoch: 1)
    base = .max
    lastNumber = .min
  }

  // MARK: Searching

  /// An id, and the time from which on it counts as known.
  private struct Wanted: BitwiseCopyable {
    let id: PackedID
    let text: UnsafeRawPointer
    let time: Int64
    let start: Int64

    @inline(__always)
    func isCell(_ cell: UInt32, _ kind: UInt32, in blocks: ChunkArena.Blocks) -> Bool {
      guard blocks.hasID(cell, kind, id, text) else { return false }
      let cellTime = blocks.time(of: cell)
      return cellTime >= start || cellTime == time
    }
  }

  /// The cell with this id in the chunks that these slots lead to, or 0.
  @inline(never)
  private func search(
    _ slots: UInt32,
    of line: UnsafeMutablePointer<probe_line>,
    for wanted: Wanted,
    _ buckets: borrowing Buckets,
    _ blocks: ChunkArena.Blocks
  ) -> UInt32 {
    var slots = slots
    while slots != 0 {
      let slot = UInt32(bitPattern: IDIndex.slots(line)[slots.trailingZeroBitCount] ^ .min)
      slots &= slots &- 1
      let number = base &+ Int64(slot >> 20) &- 1
      let list = buckets.cells(of: number)
      var place = Int32(slot & 0xFF)
      while place < list.count {
        var cells = list.cells(place, in: blocks)
        while let cell = cells.next(in: blocks) {
          if wanted.isCell(cell, kind, in: blocks) { return cell }
        }
        place &+= 256
      }
    }
    return 0
  }

  @inline(never)
  private func otherCell(
    _ wanted: Wanted,
    _ key: HashKey,
    _ blocks: ChunkArena.Blocks
  ) -> UInt32 {
    for entry in others[key] ?? [] where wanted.isCell(entry.cell, kind, in: blocks) {
      return entry.cell
    }
    return 0
  }

  // MARK: Places

  /// A free slot of the emptier line, if any.
  @inline(__always)
  static func freeSlot(
    _ first: UnsafeMutablePointer<probe_line>,
    _ inFirst: probe_result,
    _ second: UnsafeMutablePointer<probe_line>,
    _ inSecond: probe_result
  ) -> Place {
    let isSecond = inSecond.used_count < inFirst.used_count
    let slot = (isSecond ? ~inSecond.used : ~inFirst.used).trailingZeroBitCount
    return slot == slotsPerLine ? nil : slots(isSecond ? second : first) + slot
  }

  @inline(__always) func firstHome(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 32) &* lineCount) &>> 32)
  }

  @inline(__always) func secondHome(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 12 & 0xFFFF_FFFF) &* lineCount) &>> 32)
  }

  /// In the order of epochs, signed: the first bit is inverted.
  @inline(__always) static func slot(epoch: Int64) -> Int32 {
    Int32(truncatingIfNeeded: epoch) &<< 20 ^ .min
  }

  @inline(__always) private static func tag(of key: HashKey) -> Int32 {
    Int32(truncatingIfNeeded: key & 0xFFF) &<< 8
  }

  // MARK: Lines

  @inline(__always)
  static func slots(_ line: UnsafeMutablePointer<probe_line>) -> UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(line).assumingMemoryBound(to: Int32.self)
  }

  static func allocate(_ lineCount: UInt64) -> UnsafeMutablePointer<probe_line> {
    let memory = LargePages.allocate(byteCount: Int(lineCount) * MemoryLayout<probe_line>.stride)
    let lines = memory.bindMemory(to: probe_line.self, capacity: Int(lineCount))
    clear(lines, lineCount)
    return lines
  }

  private static func clear(_ lines: UnsafeMutablePointer<probe_line>, _ lineCount: UInt64) {
    UnsafeMutableRawPointer(lines).initializeMemory(
      as: Int32.self,
      repeating: .min,
      count: Int(lineCount) * 16
    )
  }
}
