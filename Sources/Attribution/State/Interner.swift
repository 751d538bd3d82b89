internal import CScan
internal import Events

/// Runs of COPY fields that many clicks share, each kept once.
///
/// A run is identified by its fingerprint and carries the number of the latest bucket that has a
/// click with it; when that bucket has left the state, so may the run. So neither a new click nor an
/// evicted one costs more than a look at the run's record.
struct Interner: ~Copyable {
  private struct Run: BitwiseCopyable {
    /// 0 while the record is free.
    var key: HashKey = 0
    var lastBucket: Int64 = .min
    var fields: UnsafeMutableRawPointer?
    var byteCount = 0
  }

  private var index = KeyTable()
  /// By their number; 0 stands for none.
  private var runs: UnsafeMutablePointer<Run>
  private var capacity = Interner.fewestRuns
  private var end: UInt32 = 1
  private var free: [UInt32] = []
  private var heapByteCount = 0

  private static let fewestRuns = 16

  init() {
    runs = .allocate(capacity: capacity)
    runs.initialize(repeating: Run(), count: capacity)
  }

  deinit {
    for run in 0..<Int(end) { runs[run].fields?.deallocate() }
    runs.deallocate()
  }

  var count: Int { index.count }

  var allocatedBytes: Int {
    index.allocatedBytes + capacity * MemoryLayout<Run>.stride + free.capacity * 4 + heapByteCount
  }

  @inline(__always) func prefetchLine(of key: HashKey) { index.prefetchLine(of: key) }

  /// The run that it is likely, or 0; its record is on the way.
  @inline(__always) func likelyRun(_ key: HashKey) -> UInt32 {
    let run = index.likely(key)
    prefetch(runs + Int(run))
    return run
  }

  /// The run of these fields, whose fingerprint is `key`, for a click of the bucket.
  ///
  /// The run `likely`, from `likelyRun`, is compared first.
  @inline(__always)
  mutating func intern(
    _ fields: RunFields,
    _ key: HashKey,
    likely: UInt32,
    bucket: Int64
  ) -> UInt32 {
    let run = runs[Int(likely)].key == key ? likely : findOrAdd(fields, key)
    runs[Int(run)].lastBucket = max(runs[Int(run)].lastBucket, bucket)
    return run
  }

  /// Valid while a click with the run is in state.
  @inline(__always) func bytes(_ run: UInt32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: runs[Int(run)].fields, count: runs[Int(run)].byteCount)
  }

  /// Forgets the runs whose last bucket is before this one; looks at every run.
  mutating func removeAll(before bucket: Int64) {
    for run in 1..<end where runs[Int(run)].key != 0 && runs[Int(run)].lastBucket < bucket {
      remove(run)
    }
  }

  private mutating func remove(_ run: UInt32) {
    let record = runs[Int(run)]
    index.remove(record.key, run)
    heapByteCount -= Interner.heapBytes(record.byteCount)
    record.fields?.deallocate()
    runs[Int(run)] = Run()
    free.append(run)
  }

  @inline(never)
  private mutating func findOrAdd(_ fields: RunFields, _ key: HashKey) -> UInt32 {
    let found = index.find(key) { runs[Int($0)].key == key }
    if found != 0 { return found }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: fields.byteCount, alignment: 8)
    fields.write(to: memory)
    heapByteCount += Interner.heapBytes(memory.count)
    let run = free.popLast() ?? addRun()
    runs[Int(run)] = Run(key: key, fields: memory.baseAddress, byteCount: memory.count)
    index.insert(key, run)
    return run
  }

  private mutating func addRun() -> UInt32 {
    if Int(end) == capacity { grow() }
    defer { end += 1 }
    return end
  }

  private mutating func grow() {
    let larger = capacity + capacity / 2
    let target = UnsafeMutablePointer<Run>.allocate(capacity: larger)
    target.moveInitialize(from: runs, count: capacity)
    (target + capacity).initialize(repeating: Run(), count: larger - capacity)
    runs.deallocate()
    runs = target
    capacity = larger
  }

  /// What the allocator takes for a piece, about: its own word, and 16-byte steps.
  private static func heapBytes(_ count: Int) -> Int { (count + 23) & ~15 }
}

/// Two or three fields of a message, taken together.
struct RunFields: BitwiseCopyable {
  var message: UnsafeRawPointer
  var first: ByteSlice
  var second: ByteSlice
  var third: ByteSlice

  /// Stands for no third field at all, which is not the same as an absent one.
  static var none: ByteSlice { ByteSlice(offset: 0, length: -2) }

  @inline(__always) private var hasThird: Bool { third.length != -2 }

  @inline(__always) func key(_ hash: KeyedHash) -> HashKey {
    var key = hash.fingerprint(first.length, second.length, third.length)
    key = hash.fold(message + first.start, first.count, into: key)
    key = hash.fold(message + second.start, second.count, into: key)
    if hasThird { key = hash.fold(message + third.start, third.count, into: key) }
    // 0 stands for a free record.
    return max(key, 1)
  }

  fileprivate var byteCount: Int {
    8 + first.count + second.count + (hasThird ? 4 + third.count : 0)
  }

  /// Fills the memory, which has as many bytes.
  fileprivate func write(to memory: UnsafeMutableRawBufferPointer) {
    guard var target = memory.baseAddress else { return }
    target += CopyField.write(text: first, of: message, to: target)
    target += CopyField.write(text: second, of: message, to: target)
    if hasThird { target += CopyField.write(text: third, of: message, to: target) }
  }
}

extension ByteSlice {
  @inline(__always) var start: Int { Int(truncatingIfNeeded: offset) }
  /// 0 when absent.
  @inline(__always) var count: Int { Int(truncatingIfNeeded: max(length, 0)) }
}
