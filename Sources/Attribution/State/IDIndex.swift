internal import CScan
internal import Events

/// The event_ids of one stream that are in state, to recognise duplicates: found by hash, compared
/// as they are kept.
///
/// ```
/// line   10 references (40) | 10 tags (10) | 10 epochs (10) | passed (1) | -         one cache line
/// key    bits 63...32: home line | 7...0: tag
/// epoch  0 free | 1 before `base` | 2... the bucket's span, from `base` on | 255 far ahead
/// ```
///
/// An id stands in its home line or, where that was full, in the next one that was not; each line
/// that was full keeps the greatest epoch of those that passed it, so that a search ends in its
/// first line, mostly. Nothing is removed: when buckets leave the state, their epochs cease to
/// count, and so their slots are free. At most 13 of 20 slots are taken. O(1) expected per call.
struct IDIndex: ~Copyable {
  private var lines: UnsafeMutablePointer<id_line>
  private var lineCount = IDIndex.fewestLines
  /// Cells in the index, those without an epoch that counts included.
  private(set) var count = 0
  /// From here on it grows.
  private var mostCount = IDIndex.mostCount(IDIndex.fewestLines)

  /// The first span of buckets that is in state.
  private var firstSpan = Int64.min
  private var firstEpoch: UInt8 = 1
  /// The span of epoch 2; `.max` before the first id.
  private var base = Int64.max
  private var hasEarlier = false
  private var hasFar = false
  private let bucketBits: Int64
  private let cells: ChunkArena.Blocks
  private let hash: KeyedHash

  private struct Entry: BitwiseCopyable {
    var key: HashKey
    /// Of its bucket.
    var span: Int64
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
    fileprivate var line: UnsafeMutablePointer<id_line>
    fileprivate var slot: Int
    fileprivate var tag: UInt8
    fileprivate var epoch: UInt8
  }

  /// Buckets share epochs, `2^spanBits` each, and leave the state together.
  private static let spanBits: Int64 = 2
  private static let slotsPerLine = Int(ID_LINE_SLOTS)
  private static let fewestLines = 4
  /// Spans before the first one that is put in which count as near.
  private static let mostEarlier: Int64 = 16
  private static let farAhead: UInt8 = .max
  /// Epochs are given anew when the first one that counts is greater.
  private static let greatestFirstEpoch: UInt64 = 64
  /// How far ahead memory is asked for.
  private static let linesAhead = 4

  /// - Parameters:
  ///   - bucketBits: a bucket's number is `time >> bucketBits`.
  ///   - cells: where the ids are kept.
  ///   - hash: the one that their keys come from.
  init(bucketBits: Int64, cells: ChunkArena.Blocks, hash: KeyedHash) {
    self.bucketBits = bucketBits
    self.cells = cells
    self.hash = hash
    lines = IDIndex.allocate(lineCount)
  }

  deinit { lines.deallocate() }

  var allocatedBytes: Int { lineCount * MemoryLayout<id_line>.stride }

  /// The first bucket of those that leave the state together with this one.
  static func startOfSpan(_ number: Int64) -> Int64 { (number >> spanBits) << spanBits }

  @inline(__always) func prefetchLine(of key: HashKey) { prefetch(lines + home(of: key)) }

  /// Asks for the line behind the home line, too, if the search is to go on there.
  @inline(__always) func prefetchNextLine(of key: HashKey) {
    let line = lines + home(of: key)
    if line.pointee.passed >= firstEpoch { prefetch(line + 1) }
  }

  /// Where the id of a record of this time may be put, unless a cell of the same time has it, or one
  /// at or after `start`.
  @inline(__always)
  mutating func find(_ id: IDKeys, at time: Int64, since start: Int64) -> Lookup {
    if count >= mostCount { resize() }
    let epoch = epoch(of: time &>> (bucketBits &+ IDIndex.spanBits))
    let line = lines + home(of: id.hash)
    let tag = UInt8(truncatingIfNeeded: id.hash)
    let probe = id_line_probe(line, tag, firstEpoch)
    if probe.matches | probe.goes_on == 0 && probe.free != 0 {
      let slot = probe.free.trailingZeroBitCount
      return .place(Place(line: line, slot: slot, tag: tag, epoch: epoch))
    }
    return search(id.hash, epoch) { cell in
      guard cells.hasID(cell, id.packed, id.text) else { return false }
      let cellTime = cells.time(of: cell)
      return cellTime >= start || cellTime == time
    }
  }

  /// Adds a cell at the place that was found for its id.
  @inline(__always) mutating func put(_ cell: UInt32, at place: Place) {
    count &+= 1
    store(cell, at: place)
  }

  @inline(__always) private func store(_ cell: UInt32, at place: Place) {
    IDIndex.tags(place.line)[place.slot] = place.tag
    IDIndex.epochs(place.line)[place.slot] = place.epoch
    IDIndex.references(place.line)[place.slot] = cell
  }

  /// Counts cells out whose buckets leave the state.
  mutating func countOut(_ gone: Int) { count -= gone }

  /// Forgets the cells of all buckets before this one, the first of a span: call while they are
  /// still there.
  mutating func expire(before number: Int64) {
    let span = number >> IDIndex.spanBits
    guard span > firstSpan else { return }
    firstSpan = span
    let distance = UInt64(bitPattern: span &- base)
    if hasEarlier || span < base || distance > 252 {
      rebuild(base: span, lineCount)
    } else if distance &+ 2 <= IDIndex.greatestFirstEpoch {
      firstEpoch = UInt8(distance &+ 2)
    } else if hasFar {
      rebuild(base: span, lineCount)
    } else {
      for index in 0..<lineCount { id_line_age(lines + index, UInt8(distance)) }
      base = span
      firstEpoch = 2
    }
  }

  /// Gives memory back when much fewer cells are left.
  mutating func trim() {
    if count < lineCount && lineCount > 64 { resize() }
  }

  /// Forgets all, and keeps the memory.
  mutating func removeAll() {
    IDIndex.clear(lines, lineCount)
    count = 0
    firstSpan = .min
    firstEpoch = 1
    base = .max
    hasEarlier = false
    hasFar = false
  }

  // MARK: Places

  @inline(__always) private func home(of key: HashKey) -> Int {
    Int(truncatingIfNeeded: ((key &>> 32) &* UInt64(truncatingIfNeeded: lineCount)) &>> 32)
  }

  /// Goes through the lines where a cell with this key may stand.
  ///
  /// Returns the first cell that `matches`, or else the first free place, which all lines before it
  /// then know of.
  @inline(never)
  private func search(_ key: HashKey, _ epoch: UInt8, where matches: (UInt32) -> Bool) -> Lookup {
    let tag = UInt8(truncatingIfNeeded: key)
    var index = home(of: key)
    var found: Place?
    for _ in 0..<lineCount {
      let line = lines + index
      let probe = id_line_probe(line, tag, firstEpoch)
      var candidates = probe.matches
      while candidates != 0 {
        let cell = IDIndex.references(line)[candidates.trailingZeroBitCount]
        if matches(cell) { return .cell(cell) }
        candidates &= candidates &- 1
      }
      if found == nil {
        if probe.free == 0 {
          line.pointee.passed = max(line.pointee.passed, epoch)
        } else {
          found = Place(line: line, slot: probe.free.trailingZeroBitCount, tag: tag, epoch: epoch)
        }
      }
      if found != nil && probe.goes_on == 0 { break }
      index = index &+ 1 == lineCount ? 0 : index &+ 1
    }
    guard let found else { preconditionFailure("an index of \(lineCount) lines is full") }
    return .place(found)
  }

  // MARK: Epochs

  @inline(__always) private mutating func epoch(of span: Int64) -> UInt8 {
    let distance = UInt64(bitPattern: span &- base)
    return distance <= 252 ? UInt8(truncatingIfNeeded: distance &+ 2) : epochApart(span)
  }

  /// The epoch of a span that is not near, or the first one.
  @inline(never) private mutating func epochApart(_ span: Int64) -> UInt8 {
    if base == .max && firstSpan == .min {
      base = span &- IDIndex.mostEarlier
      return UInt8(IDIndex.mostEarlier + 2)
    }
    if span > base {
      hasFar = true
      return IDIndex.farAhead
    }
    // It has left before it came.
    if firstSpan > .min { return 0 }
    hasEarlier = true
    return 1
  }

  // MARK: Sizes

  private static func mostCount(_ lineCount: Int) -> Int { lineCount * slotsPerLine * 13 / 20 }

  /// Makes 11 of 20 slots taken.
  @inline(never)
  private mutating func resize() {
    let needed = count * 20 / (IDIndex.slotsPerLine * 11) + 1
    rebuild(base: base, max(needed, IDIndex.fewestLines))
  }

  /// Puts every cell in again that is in state, with epochs from another base on.
  private mutating func rebuild(base newBase: Int64, _ newLineCount: Int) {
    let (old, oldCount, oldBase, oldFirst) = (lines, lineCount, base, firstEpoch)
    lineCount = newLineCount
    mostCount = IDIndex.mostCount(newLineCount)
    lines = IDIndex.allocate(lineCount)
    base = newBase
    hasEarlier = false
    hasFar = false
    firstEpoch = firstSpan == .min ? 1 : UInt8(firstSpan &- base &+ 2)

    let block = KeyBlock<Entry>()
    var filled = 0
    for index in 0..<oldCount {
      if index &+ IDIndex.linesAhead < oldCount {
        IDIndex.forEach(in: old + (index &+ IDIndex.linesAhead), oldFirst) {
          prefetch(cells.pointer($1))
        }
      }
      IDIndex.forEach(in: old + index, oldFirst) { epoch, cell in
        let span =
          epoch > 1 && epoch < IDIndex.farAhead
          ? oldBase &+ Int64(epoch) &- 2
          : cells.time(of: cell) >> (bucketBits &+ IDIndex.spanBits)
        guard span >= firstSpan else { return }
        let key = cells.idKey(of: cell, hash)
        prefetchLine(of: key)
        block[filled].initialize(to: Entry(key: key, span: span, cell: cell))
        filled &+= 1
      }
      if filled &+ IDIndex.slotsPerLine > KeyBlock<Entry>.count || index &+ 1 == oldCount {
        for place in 0..<filled { putAgain(block[place].pointee) }
        filled = 0
      }
    }
    old.deallocate()
  }

  /// Puts a cell in that is counted already, and no duplicate.
  @inline(__always) private mutating func putAgain(_ entry: Entry) {
    let (line, tag) = (lines + home(of: entry.key), UInt8(truncatingIfNeeded: entry.key))
    let epoch = epoch(of: entry.span)
    let free = id_line_probe(line, tag, firstEpoch).free
    if free != 0 {
      let slot = free.trailingZeroBitCount
      store(entry.cell, at: Place(line: line, slot: slot, tag: tag, epoch: epoch))
    } else if case .place(let place) = search(entry.key, epoch, where: { _ in false }) {
      store(entry.cell, at: place)
    }
  }

  // MARK: Lines

  @inline(__always)
  private static func references(
    _ line: UnsafeMutablePointer<id_line>
  ) -> UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(line).assumingMemoryBound(to: UInt32.self)
  }

  @inline(__always)
  private static func tags(
    _ line: UnsafeMutablePointer<id_line>
  ) -> UnsafeMutablePointer<UInt8> {
    (UnsafeMutableRawPointer(line) + 4 * slotsPerLine).assumingMemoryBound(to: UInt8.self)
  }

  @inline(__always)
  private static func epochs(
    _ line: UnsafeMutablePointer<id_line>
  ) -> UnsafeMutablePointer<UInt8> {
    tags(line) + slotsPerLine
  }

  @inline(__always)
  private static func forEach(
    in line: UnsafeMutablePointer<id_line>,
    _ firstEpoch: UInt8,
    _ body: (_ epoch: UInt8, _ reference: UInt32) -> Void
  ) {
    for slot in 0..<slotsPerLine where epochs(line)[slot] >= firstEpoch {
      body(epochs(line)[slot], references(line)[slot])
    }
  }

  private static func allocate(_ lineCount: Int) -> UnsafeMutablePointer<id_line> {
    let memory = LargePages.allocate(byteCount: lineCount * MemoryLayout<id_line>.stride)
    let lines = memory.bindMemory(to: id_line.self, capacity: lineCount)
    clear(lines, lineCount)
    return lines
  }

  private static func clear(_ lines: UnsafeMutablePointer<id_line>, _ lineCount: Int) {
    lines.initialize(repeating: id_line(), count: lineCount)
  }
}
