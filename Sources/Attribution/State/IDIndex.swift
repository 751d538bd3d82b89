internal import CScan
internal import Events

/// The event_ids of one stream that are in state, to recognise duplicates: found by hash, compared
/// as they are kept.
///
/// ```
/// line   15 slots | overflow mark (4 bytes each)                                 one cache line
/// slot   epoch (12) | tag (12) | place of the chunk in its bucket, its last 8 bits
/// epoch  0 free | 1... the bucket's group: 2^groupBits buckets each, from `base` on
/// mark   of those ids that found no slot in this line: their last epoch (12) | a bit for each (20)
/// key    bits 63...32: home | 31...12: bit in marks | 11...0: tag
/// ```
///
/// A slot leads to a chunk of the bucket's cells, which is searched: 4 bytes an id instead of 8, and
/// one of 4096 other ids in a line costs a search in vain. Nothing is removed: when groups leave
/// the state, their epochs cease to count, and so their slots are free and their marks gone. A group is
/// one bucket, unless the state has more than there are epochs (a window of days). An id
/// stands in its home or, where that was full, in a line soon behind it; as at most 11 of 16 slots
/// are taken, mostly one line is looked at: O(1) expected per call.
struct IDIndex: ~Copyable {
  var lines: UnsafeMutablePointer<probe_line>
  var lineCount = IDIndex.fewestLines { didSet { fullCount = IDIndex.fullCount(lineCount) } }
  /// So many cells make it full.
  private(set) var fullCount = IDIndex.fullCount(IDIndex.fewestLines)
  /// Cells in the index, those without an epoch included.
  var count = 0
  /// Cells that have left since the lines were made.
  var goneCount = 0

  /// The first bucket that is in state, and the least slot that counts.
  var firstNumber = Int64.min
  var firstSlot = IDIndex.slot(epoch: 1)
  /// The first bucket of epoch 1, and the last one of the last.
  var base = Int64.max
  var lastNumber = Int64.min
  /// Cells of buckets that have no epoch, hours before the first one or ahead; and what found no
  /// place: next to nothing, unless hashes are the same.
  ///
  /// Those that are gone go with the next sweep.
  var others: [HashKey: [Other]] = [:]
  /// A bit for the last 6 bits of every key among them.
  var otherBits: UInt64 = 0
  /// When the first bucket in state is this one, the others are swept.
  private var nextSweep = Int64.min

  /// Of the stamps of the cells: 0 for clicks, `CheckoutID.flag` for checkouts.
  let kind: UInt32
  let blocks: ChunkArena.Blocks
  let hash: KeyedHash
  let groupBits: Int64

  struct Other: BitwiseCopyable {
    /// Of its bucket.
    var number: Int64
    var cell: UInt32
  }

  /// What an id's home tells.
  struct Look: BitwiseCopyable {
    /// Good until the next call that changes the index.
    let place: Place
    /// If not, it is new.
    let isPerhapsKnown: Bool
  }

  /// Where an id may be put: a slot, or nil where there is none.
  typealias Place = UnsafeMutablePointer<Int32>?

  private static let slotsPerLine = 15
  static let wordsPerLine = 16
  static let slotBits: UInt32 = 1 << 15 - 1
  /// Lines from its home on in which an id may stand.
  static let mostLines = 8
  static let fewestLines: UInt64 = 16
  static let greatestEpoch: Int64 = 4095
  /// Groups before the first one that is put in which get epochs.
  static let mostEarlier: Int64 = 1024
  /// Epochs are given anew for a group that is no further ahead of the first one in state.
  static let mostAhead: UInt64 = 3000
  /// Groups that window and delay may make.
  private static let mostUsual = 1024
  /// Groups that leave between two sweeps of the others.
  private static let sweepInterval: Int64 = 256
  static let tagMask: Int32 = 0xFFF << 8
  private static let markBitCount: Int32 = 20
  private static let markBits: Int32 = 1 << markBitCount - 1

  /// An empty index for a state that has so many buckets, usually.
  init(of kind: UInt32, _ blocks: ChunkArena.Blocks, _ hash: KeyedHash, bucketCount: Int = 1) {
    let groupSize = max(bucketCount / IDIndex.mostUsual, 1)
    groupBits = Int64(Int.bitWidth - 1 - groupSize.leadingZeroBitCount)
    self.kind = kind
    self.blocks = blocks
    self.hash = hash
    lines = IDIndex.allocate(lineCount)
  }

  deinit { lines.deallocate() }

  var allocatedBytes: Int {
    Int(lineCount) * MemoryLayout<probe_line>.stride
      + others.capacity * MemoryLayout<(HashKey, [Other])>.stride
      + others.values.reduce(0) { $0 + 32 + $1.capacity * MemoryLayout<Other>.stride }
  }

  @inline(__always) func prefetchLine(of key: HashKey) {
    prefetch(lines + home(of: key))
  }

  /// Asks for the line behind the home too, where the home is full or marked; it should be here by
  /// now.
  @inline(__always) func prefetchNextLine(of key: HashKey) {
    let home = lines + home(of: key)
    let slots = IDIndex.slots(home)
    // Slots are taken from the first one on: the last one shows whether all are.
    let last = max(slots[IDIndex.slotsPerLine &- 1], slots[IDIndex.slotsPerLine])
    // Chosen without a branch; behind the last line is none, which does no harm.
    prefetch(home + (last >= firstSlot ? 1 : 0))
  }

  /// Whether an id with this key may have found no slot in the line.
  @inline(__always)
  func isMarked(_ line: UnsafeMutablePointer<probe_line>, for key: HashKey) -> Bool {
    let mark = IDIndex.slots(line)[IDIndex.slotsPerLine]
    // Chosen without a branch, which could not be predicted.
    return (mark >= firstSlot ? mark : 0) & IDIndex.markBit(of: key) != 0
  }

  /// Looks into the home of an id, for whose bucket there is room (`needsRoom`).
  @inline(__always) func look(for key: HashKey) -> Look {
    let line = lines + home(of: key)
    let found = probe_slots_of(line, IDIndex.tag(of: key), IDIndex.tagMask, firstSlot)
    // Taken together: three branches would be predicted worse than one.
    let isMarked: UInt32 = isMarked(line, for: key) ? 1 : 0
    let isAmongOthers = UInt32(truncatingIfNeeded: otherBits &>> (key & 63)) & 1
    return Look(
      place: IDIndex.freeSlot(line, found),
      isPerhapsKnown: found.matches & IDIndex.slotBits | isMarked | isAmongOthers != 0
    )
  }

  /// Adds the last cell of a bucket at the place that was found for its id.
  @inline(__always)
  mutating func put(
    _ cell: UInt32,
    _ key: HashKey,
    at place: Place,
    in bucket: UnsafeMutablePointer<Buckets.Bucket>
  ) {
    let chunk = bucket.pointee.cells.count &- 1
    put(cell, key, at: place, bucket: bucket.pointee.number, chunk: chunk)
  }

  /// As above, for a cell in the `chunk`-th chunk of the bucket with this number.
  @inline(__always)
  mutating func put(
    _ cell: UInt32,
    _ key: HashKey,
    at place: Place,
    bucket number: Int64,
    chunk: Int32
  ) {
    count &+= 1
    guard number >= base && number <= lastNumber else { return putAmongOthers(cell, key, number) }
    let slot = IDIndex.slot(epoch: epoch(of: number)) | IDIndex.tag(of: key) | chunk & 0xFF
    if let place {
      place.pointee = slot
    } else if !putBehindHome(slot, key) {
      putAmongOthers(cell, key, number)
    }
  }

  /// Counts cells out whose buckets leave the state.
  mutating func countOut(_ gone: Int) {
    count -= gone
    goneCount += gone
  }

  /// Forgets the cells of all buckets before this one: call while they are still there.
  mutating func expire(before number: Int64, _ buckets: borrowing Buckets) {
    guard number > firstNumber else { return }
    firstNumber = number
    if !others.isEmpty && number >= nextSweep {
      others = others.mapValues { $0.filter { $0.number >= number } }.filter { !$0.value.isEmpty }
      otherBits = others.keys.reduce(0) { $0 | 1 &<< ($1 & 63) }
      nextSweep = number.advanced(saturatingBy: IDIndex.sweepInterval &<< groupBits)
    }
    if number > lastNumber {
      rebuild(base: number, lineCount, buckets)
    } else if number >= base {
      firstSlot = IDIndex.slot(epoch: epoch(of: number))
    }
  }

  /// Gives memory back that was not needed while the state was replaced twice: makes 19 of 32 slots
  /// taken.
  mutating func trim(_ buckets: borrowing Buckets) {
    guard goneCount > 2 * count && UInt64(count) < lineCount * 8 && lineCount > 64 else { return }
    rebuild(base: base, UInt64(count) * 2 / 19 + 1, buckets)
  }

  /// Forgets all, and keeps the memory.
  mutating func removeAll() {
    IDIndex.clear(lines, lineCount)
    others.removeAll()
    otherBits = 0
    (count, goneCount) = (0, 0)
    firstNumber = .min
    nextSweep = .min
    firstSlot = IDIndex.slot(epoch: 1)
    base = .max
    lastNumber = .min
  }

  // MARK: Places

  /// A free slot of the line, if any.
  @inline(__always)
  static func freeSlot(_ line: UnsafeMutablePointer<probe_line>, _ found: probe_result) -> Place {
    let free = ~found.used & slotBits
    return free == 0 ? nil : slots(line) + free.trailingZeroBitCount
  }

  /// Puts what has no place in its home into one of the lines behind it, and marks those before
  /// that; false where they are full too.
  @inline(never)
  private mutating func putBehindHome(_ slot: Int32, _ key: HashKey) -> Bool {
    let epoch = slot & ~IDIndex.markBits
    var place = home(of: key)
    for _ in 0..<IDIndex.mostLines {
      let line = lines + place
      if let free = IDIndex.freeSlot(line, probe_slots_of(line, 0, 0, firstSlot)) {
        free.pointee = slot
        return true
      }
      let mark = IDIndex.slots(line) + IDIndex.slotsPerLine
      let bits = mark.pointee >= firstSlot ? mark.pointee & IDIndex.markBits : 0
      mark.pointee = max(mark.pointee & ~IDIndex.markBits, epoch) | bits | IDIndex.markBit(of: key)
      place = next(place)
    }
    return false
  }

  @inline(never)
  private mutating func putAmongOthers(_ cell: UInt32, _ key: HashKey, _ number: Int64) {
    guard number >= firstNumber else { return }
    otherBits |= 1 &<< (key & 63)
    others[key, default: []].append(Other(number: number, cell: cell))
  }

  /// For buckets from `base` to `lastNumber`.
  @inline(__always) func epoch(of number: Int64) -> Int64 { (number &- base) &>> groupBits &+ 1 }

  @inline(__always) func home(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 32) &* lineCount) &>> 32)
  }

  func next(_ place: Int) -> Int { place &+ 1 == Int(lineCount) ? 0 : place &+ 1 }

  /// In the order of epochs, signed: the first bit is inverted.
  @inline(__always) static func slot(epoch: Int64) -> Int32 {
    Int32(truncatingIfNeeded: epoch) &<< 20 ^ .min
  }

  @inline(__always) private static func markBit(of key: HashKey) -> Int32 {
    let part = Int32(truncatingIfNeeded: key &>> 12 & 0xFFFFF)
    return 1 &<< ((part &* markBitCount) &>> 20)
  }

  @inline(__always) static func tag(of key: HashKey) -> Int32 {
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
      count: Int(lineCount) * wordsPerLine
    )
  }
}

extension Int64 {
  func advanced(saturatingBy distance: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(distance)
    return overflow ? (distance < 0 ? .min : .max) : sum
  }
}
