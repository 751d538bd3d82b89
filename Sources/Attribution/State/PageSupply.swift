/// Pages for tables that grow and never move, taken from regions that grow with them.
///
/// From 2 MiB on regions are large pages, where the system has them: such tables are read in no
/// order, so that most of their small pages would be missing in the processor's table of pages (TLB).
/// One supply for all tables of a task, as each would leave half a region unused.
final class PageSupply {
  private var regions: [UnsafeMutableRawPointer] = []
  private var next: UnsafeMutableRawPointer?
  private var pagesLeft = 0
  private(set) var allocatedBytes = 0

  static let pageBytes = 32_768

  deinit { for region in regions { region.deallocate() } }

  /// A new page, uninitialized, aligned to cache lines; it lives as long as the supply.
  func makePage() -> UnsafeMutableRawPointer {
    if pagesLeft == 0 { addRegion() }
    pagesLeft -= 1
    defer { next = next.map { $0 + PageSupply.pageBytes } }
    // Proof: `addRegion` has set it.
    return next.unsafelyUnwrapped
  }

  /// Doubles the memory, up to a large page at a time.
  private func addRegion() {
    let byteCount = min(max(allocatedBytes, PageSupply.pageBytes), LargePages.pageBytes)
    let region = LargePages.allocate(byteCount: byteCount)
    regions.append(region)
    allocatedBytes += byteCount
    next = region
    pagesLeft = byteCount / PageSupply.pageBytes
  }
}
