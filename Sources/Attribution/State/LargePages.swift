internal import CScan

/// Memory that is read in no order, so that most of its pages would be missing in the processor's
/// table of them (TLB): in pages of 2 MiB, where the system has them, one entry leads to 512 times
/// as much.
enum LargePages {
  static let pageBytes = 2 << 20

  /// Uninitialized memory, to be given back by `deallocate()`.
  ///
  /// Aligned to cache lines, and from one large page on to those.
  static func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= pageBytes else { return .allocate(byteCount: byteCount, alignment: 64) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: pageBytes)
    pages_advise_large(memory, byteCount)
    return memory
  }

  /// Addresses for up to `mostBytes`, at least a large page of them, that get memory when they are
  /// used; to be given back by `release`.
  ///
  /// The first large page is made of small ones, for states that are small.
  static func reserve(mostBytes: Int) -> UnsafeMutableRawBufferPointer {
    var byteCount = mostBytes
    while byteCount >= pageBytes {
      if let start = pages_reserve(byteCount, pageBytes) {
        pages_advise_large(start + pageBytes, byteCount - pageBytes)
        return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
      }
      byteCount /= 2
    }
    fatalError("the system has no addresses left, not even \(pageBytes) bytes")
  }

  /// How many bytes the first `byteCount` of reserved ones take, in whole pages, as the system gives
  /// them.
  static func usedBytes(_ byteCount: Int) -> Int {
    let page = byteCount > pageBytes ? pageBytes : 4096
    return (byteCount + page - 1) / page * page
  }

  static func release(_ memory: UnsafeMutableRawBufferPointer) {
    if let start = memory.baseAddress { pages_release(start, memory.count) }
  }
}
