internal import CScan
internal import Events

/// Runs of COPY fields that many clicks share, each kept once.
///
/// A run is identified by its fingerprint and carries the number of the latest bucket that has a
/// click with it; when that bucket has left the state, so may the run. So neither a new click nor an
/// evicted one costs more than a look at the run's record.
struct Interner: ~Copyable {
  private var index = KeyTable()
  private var runs: Slab<Run>
  private var byteCount = 0

  private struct Run: BitwiseCopyable {
    var key: HashKey
    var bytes: UnsafeMutableRawPointer
    var lastBucket: Int64
    var byteCount: UInt32
  }

  init(_ pages: PageSupply) { runs = Slab(pages) }

  deinit {
    index.forEach { runs[$0].pointee.bytes.deallocate() }
  }

  var count: Int { runs.count }
  var allocatedBytes: Int { index.allocatedBytes + runs.allocatedBytes + byteCount }

  @inline(__always) func prefetchLine(of key: HashKey) { index.prefetchLine(of: key) }

  /// The run that half of the key points to, or 0; its record is on the way.
  @inline(__always) func likelyRun(of key: HashKey) -> UInt32 {
    let run = index.first(key)
    if run != 0 { prefetch(runs[run]) }
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
    var run = likely
    if likely == 0 || runs[likely].pointee.key != key { run = findOrAdd(fields, key, bucket) }
    runs[run].pointee.lastBucket = max(runs[run].pointee.lastBucket, bucket)
    return run
  }

  /// Valid while a click with the run is in state.
  @inline(__always) func bytes(_ run: UInt32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: runs[run].pointee.bytes,
      count: Int(runs[run].pointee.byteCount)
    )
  }

  /// Forgets the runs whose last bucket is before this one; looks at every run.
  mutating func removeAll(before bucket: Int64) {
    var gone: [UInt32] = []
    index.forEach { if runs[$0].pointee.lastBucket < bucket { gone.append($0) } }
    for run in gone { remove(run) }
  }

  @inline(never)
  private mutating func findOrAdd(_ fields: RunFields, _ key: HashKey, _ bucket: Int64) -> UInt32 {
    let found = index.find(key) { runs[$0].pointee.key == key }
    if found != 0 { return found }
    let count = fields.byteCount
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
    fields.write(to: bytes)
    byteCount += Interner.heapBytes(count)
    let run = runs.insert(
      Run(
        key: key,
        bytes: bytes,
        lastBucket: bucket,
        byteCount: UInt32(truncatingIfNeeded: count)
      )
    )
    index.insert(key, run)
    return run
  }

  private mutating func remove(_ run: UInt32) {
    index.remove(runs[run].pointee.key, run)
    byteCount -= Interner.heapBytes(Int(runs[run].pointee.byteCount))
    runs[run].pointee.bytes.deallocate()
    runs.remove(run)
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
    return hasThird ? hash.fold(message + third.start, third.count, into: key) : key
  }

  fileprivate var byteCount: Int {
    8 + first.count + second.count + (hasThird ? 4 + third.count : 0)
  }

  fileprivate func write(to target: UnsafeMutableRawPointer) {
    var target = target
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
