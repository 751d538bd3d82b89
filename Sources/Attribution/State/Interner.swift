internal import CScan
internal import Events

/// Runs of COPY fields that many clicks share, each kept once and counted.
///
/// A run leaves with its last click, so that high-cardinality values (referrer URLs) are bounded by
/// the clicks in state. Equality is decided by the bytes, never by a hash.
struct Interner: ~Copyable {
  private var index = HashIndex(isRoomy: true)
  private var runs = Slab<Run>()
  private var byteCount = 0

  private struct Run: BitwiseCopyable {
    var bytes: UnsafeMutableRawPointer
    var byteCount: UInt32
    var references: UInt32
    var tag: UInt32
  }

  deinit {
    index.forEach { runs[$0].pointee.bytes.deallocate() }
  }

  var count: Int { runs.count }
  var allocatedBytes: Int { index.allocatedBytes + runs.allocatedBytes + byteCount }

  @inline(__always) func prefetchSlot(of tag: UInt32) { index.prefetchSlot(of: tag) }

  /// The run that the tag alone points to, or 0; its memory is on the way.
  @inline(__always) func likelyRun(of tag: UInt32) -> UInt32 {
    let run = index.first(tag)
    if run != 0 { prefetch(runs[run]) }
    return run
  }

  /// Brings in the first bytes of a run.
  @inline(__always) func prefetchBytes(of run: UInt32) {
    guard run != 0 else { return }
    prefetch(runs[run].pointee.bytes)
    prefetch(runs[run].pointee.bytes + 64)
  }

  /// The run of these fields of the message, with one reference more.
  ///
  /// The run `likely`, from `likelyRun`, is compared first.
  @inline(__always)
  mutating func intern(
    _ fields: Fields,
    of message: UnsafeRawPointer,
    tag: UInt32,
    likely: UInt32
  ) -> UInt32 {
    var found = likely
    if likely == 0 || !fields.equal(runs[likely].pointee.bytes, of: message) {
      found = index.find(tag) { fields.equal(runs[$0].pointee.bytes, of: message) }
      if found == 0 { return add(fields, of: message, tag: tag) }
    }
    runs[found].pointee.references &+= 1
    return found
  }

  @inline(__always) func retain(_ run: UInt32) { runs[run].pointee.references &+= 1 }

  @inline(__always) mutating func release(_ run: UInt32) {
    runs[run].pointee.references &-= 1
    if runs[run].pointee.references == 0 { remove(run) }
  }

  /// Valid while a reference is held.
  @inline(__always) func bytes(_ run: UInt32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: runs[run].pointee.bytes,
      count: Int(runs[run].pointee.byteCount)
    )
  }

  private mutating func add(_ fields: Fields, of message: UnsafeRawPointer, tag: UInt32) -> UInt32 {
    let count = fields.copyByteCount
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
    fields.write(of: message, to: bytes)
    byteCount += Interner.heapBytes(count)
    let run = runs.insert(
      Run(
        bytes: bytes,
        byteCount: UInt32(truncatingIfNeeded: count),
        references: 1,
        tag: tag
      )
    )
    index.insert(tag, run)
    return run
  }

  private mutating func remove(_ run: UInt32) {
    index.remove(runs[run].pointee.tag, run)
    byteCount -= Interner.heapBytes(Int(runs[run].pointee.byteCount))
    runs[run].pointee.bytes.deallocate()
    runs.remove(run)
  }

  /// What the allocator takes for a piece, about: its own word, and 16-byte steps.
  private static func heapBytes(_ count: Int) -> Int { (count + 23) & ~15 }
}

extension Interner {
  /// Two or three fields of a message, taken together.
  struct Fields {
    var first: ByteSlice
    var second: ByteSlice
    var third: ByteSlice

    /// Stands for no third field at all, which is not the same as an absent one.
    static var none: ByteSlice { ByteSlice(offset: 0, length: -2) }

    @inline(__always) private var hasThird: Bool { third.length != -2 }

    @inline(__always) func tag(of message: UnsafeRawPointer, _ hash: KeyedHash) -> UInt32 {
      var state = hash.fold(message + first.start, first.count, into: hash.start)
      state = hash.fold(message + second.start, second.count, into: state)
      if hasThird { state = hash.fold(message + third.start, third.count, into: state) }
      return hash.tag(ofState: state)
    }

    @inline(__always)
    fileprivate func equal(_ copy: UnsafeRawPointer, of message: UnsafeRawPointer) -> Bool {
      var copy = copy
      guard Fields.equal(first, of: message, &copy), Fields.equal(second, of: message, &copy)
      else { return false }
      return hasThird ? Fields.equal(third, of: message, &copy) : true
    }

    /// Compares one field and steps over it.
    @inline(__always)
    private static func equal(
      _ field: ByteSlice,
      of message: UnsafeRawPointer,
      _ copy: inout UnsafeRawPointer
    ) -> Bool {
      guard Int32(bitPattern: copy.half(at: 0)) == field.length.bigEndian else { return false }
      let count = field.count
      let bytes = copy + 4
      copy = bytes + count
      return bytes.holdsSameBytes(as: message + field.start, count: count)
    }

    fileprivate var copyByteCount: Int {
      8 + first.count + second.count + (hasThird ? 4 + third.count : 0)
    }

    fileprivate func write(of message: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
      var target = target
      target += CopyField.write(text: first, of: message, to: target)
      target += CopyField.write(text: second, of: message, to: target)
      if hasThird { target += CopyField.write(text: third, of: message, to: target) }
    }
  }
}
