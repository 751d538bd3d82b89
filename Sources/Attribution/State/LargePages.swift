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
}
