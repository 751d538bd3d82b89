/// The state by event time: one bucket for every `2^bits` microseconds that hold any record.
///
/// ```
///      evicted | replayed: ids and chained clicks | waiting for their replay
///              ^ watermark - window               ^ watermark                   event time ->
/// ```
///
/// A bucket takes records in the order of arrival, is sorted and replayed when the watermark passes
/// it, and leaves as a whole when its last moment has left the window.
/// Only buckets in use exist: a record years ahead costs one bucket.
struct Buckets: ~Copyable {
  struct Bucket: BitwiseCopyable {
    /// `time >> bits`.
    let number: Int64
    /// Its first microsecond.
    let start: Int64
    /// Clicks and ids of checkouts, see `Cell`.
    var cells = ChunkList()
    /// Checkouts until they are settled, see `Pending`.
    var pending = ChunkList()
    var clicks = WaitingList()
    var checkouts = WaitingList()

    @inline(__always) func offset(of time: Int64) -> UInt32 {
      UInt32(truncatingIfNeeded: time &- start)
    }
  }

  /// Every bucket and its number, by number.
  struct Entry: BitwiseCopyable {
    var number: Int64
    /// Stays where it is.
    var bucket: UnsafeMutablePointer<Bucket>
  }

  /// A place of the table of recent buckets; nil when it is empty.
  private struct Recent: BitwiseCopyable {
    var number: Int64 = 0
    var bucket: UnsafeMutablePointer<Bucket>?
  }

  /// What a cell's stamp has room for: a bucket of 16.8 seconds.
  static let mostBits = 24

  let bits: Int64
  private(set) var entries = ShiftedArray<Entry>()
  /// Not in use: for those that come.
  private var spare: [UnsafeMutablePointer<Bucket>] = []
  /// Direct-mapped: number -> entry, so that a record finds its bucket without a search.
  private let recent: UnsafeMutablePointer<Recent>
  private static let recentCount = 1024

  init(bits: Int) {
    precondition(
      0...Buckets.mostBits ~= bits,
      "a bucket of 2^\(bits) microseconds is out of range"
    )
    self.bits = Int64(bits)
    recent = .allocate(capacity: Buckets.recentCount)
    recent.initialize(repeating: Recent(), count: Buckets.recentCount)
  }

  deinit {
    for entry in entries {
      entry.bucket.pointee.clicks.freeAtEnd()
      entry.bucket.pointee.checkouts.freeAtEnd()
      entry.bucket.pointee.cells.freeAtEnd()
      entry.bucket.pointee.pending.freeAtEnd()
      entry.bucket.deallocate()
    }
    for bucket in spare { bucket.deallocate() }
    recent.deallocate()
  }

  var allocatedBytes: Int {
    (Buckets.recentCount + entries.capacity) * 16 + spare.capacity * 8
      + (entries.count + spare.count) * MemoryLayout<Bucket>.stride
  }

  @inline(__always) func number(of time: Int64) -> Int64 { time &>> bits }
  @inline(__always) func firstTime(of number: Int64) -> Int64 { number &<< bits }
  @inline(__always) func lastTime(of number: Int64) -> Int64 {
    number &<< bits | (1 &<< bits &- 1)
  }
  @inline(__always) func offset(of time: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: time & (1 &<< bits &- 1))
  }

  /// The bucket with this number, made if need be; it stays where it is.
  @inline(__always) mutating func bucket(_ number: Int64) -> UnsafeMutablePointer<Bucket> {
    recentBucket(number) ?? findOrMake(number)
  }

  @inline(__always)
  private func recentBucket(_ number: Int64) -> UnsafeMutablePointer<Bucket>? {
    let recent = recent[Buckets.recentPlace(of: number)]
    return recent.number == number ? recent.bucket : nil
  }

  /// The cells of the bucket with this number; none where there is no such bucket.
  func cells(of number: Int64) -> ChunkList {
    if let bucket = recentBucket(number) { return bucket.pointee.cells }
    let place = place(of: number)
    guard place < entries.count, entries[place].number == number else { return ChunkList() }
    return entries[place].bucket.pointee.cells
  }

  /// Place in `entries` of the first bucket with this number or a greater one.
  func place(of number: Int64) -> Int {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].number < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Forgets the earliest `count` buckets, whose records are gone.
  mutating func removeEarliest(_ count: Int) {
    for entry in entries.prefix(count) {
      let place = Buckets.recentPlace(of: entry.number)
      if recent[place].bucket == entry.bucket { recent[place].bucket = nil }
      spare.append(entry.bucket)
    }
    entries.removeFirst(count)
  }

  @inline(__always) private static func recentPlace(of number: Int64) -> Int {
    Int(truncatingIfNeeded: number) & (recentCount &- 1)
  }

  @inline(never)
  private mutating func findOrMake(_ number: Int64) -> UnsafeMutablePointer<Bucket> {
    let place = place(of: number)
    if place == entries.count || entries[place].number != number {
      let bucket = spare.popLast() ?? .allocate(capacity: 1)
      bucket.initialize(to: Bucket(number: number, start: firstTime(of: number)))
      entries.insert(Entry(number: number, bucket: bucket), at: place)
    }
    let bucket = entries[place].bucket
    recent[Buckets.recentPlace(of: number)] = Recent(number: number, bucket: bucket)
    return bucket
  }
}
