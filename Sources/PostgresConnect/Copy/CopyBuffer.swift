/// A growable run of bytes that rows are encoded into.
///
/// ```
/// base                          base + count                   base + capacity
///   | rows, complete                 | free, uninitialised             | slack, 64 bytes |
/// ```
/// Room is made once per row (`reserve`); the row is then written through a `CopyCursor` without
/// further checks. The slack lets the cursor copy text in whole vectors.
struct CopyBuffer: ~Copyable {
  private var base: UnsafeMutableRawPointer
  private let usualCapacity: Int
  private(set) var capacity: Int
  private(set) var count = 0

  /// Bytes behind the capacity that may be written.
  static let slack = 64

  /// A buffer that outgrows 512 KiB takes room for the usual number of bytes at once, instead of
  /// being copied from one size to the next; memory comes with use.
  init(capacity: Int = 0, usually usualCapacity: Int = 0) {
    self.capacity = capacity
    self.usualCapacity = usualCapacity
    base = .allocate(byteCount: capacity + Self.slack, alignment: 16)
  }

  deinit { base.deallocate() }

  var isEmpty: Bool { count == 0 }
  /// Valid until the next change.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// Where the next row goes, valid until the next change.
  var end: UnsafeMutableRawPointer { base + count }

  /// Makes room for `byteCount` more bytes and gives the place to write them; `commit(to:)` follows.
  @inline(__always)
  mutating func reserve(_ byteCount: Int) -> CopyCursor {
    if capacity &- count < byteCount { grow(by: byteCount) }
    return CopyCursor(base + count)
  }

  /// Takes over what was written up to the cursor.
  @inline(__always)
  mutating func commit(to cursor: CopyCursor) {
    count = cursor.next - base
    assert(count <= capacity)
  }

  @inline(never)
  private mutating func grow(by byteCount: Int) {
    let usual = capacity >= 512 << 10 ? usualCapacity : 64 << 10
    resize(to: max(count + byteCount, capacity * 2, usual))
  }

  private mutating func resize(to newCapacity: Int) {
    let new = UnsafeMutableRawPointer.allocate(
      byteCount: newCapacity + Self.slack,
      alignment: 16
    )
    new.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = new
    capacity = newCapacity
  }

  /// Forgets the rows and keeps the memory, up to `byteCount` of it.
  mutating func removeAll(keepingAtMost byteCount: Int) {
    count = 0
    if capacity > byteCount { resize(to: byteCount) }
  }
}
