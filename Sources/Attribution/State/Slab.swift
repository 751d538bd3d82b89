/// Records of one size under stable 32-bit indices; 0 stands for none.
///
/// A page holds as many as fit, a power of two: nothing moves when it grows, and freed records are
/// used again.
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  private(set) var pages: Pages
  private let supply: PageSupply
  private var pageCount = 0
  private var pageCapacity = 4
  private var firstFree: UInt32 = 0
  private var nextIndex: UInt32 = 1
  private(set) var count = 0

  /// Where the records are; good until the next `insert`.
  struct Pages: BitwiseCopyable {
    fileprivate var list: UnsafeMutablePointer<UnsafeMutablePointer<Element>>

    @inline(__always) subscript(index: UInt32) -> UnsafeMutablePointer<Element> {
      list[Int(index &>> Slab.pageBits)] + Int(index & (1 &<< Slab.pageBits &- 1))
    }
  }

  /// Of the number of records in a page.
  @inline(__always) private static var pageBits: UInt32 {
    UInt32(63 - (PageSupply.pageBytes / MemoryLayout<Element>.stride).leadingZeroBitCount)
  }
  @inline(__always) private static var pageSize: Int { 1 << Int(pageBits) }

  init(_ supply: PageSupply) {
    self.supply = supply
    pages = Pages(list: .allocate(capacity: pageCapacity))
  }

  deinit { pages.list.deallocate() }

  /// Without the supply's pages.
  var allocatedBytes: Int { pageCapacity * 8 }

  @inline(__always) subscript(index: UInt32) -> UnsafeMutablePointer<Element> { pages[index] }

  mutating func insert(_ element: Element) -> UInt32 {
    count &+= 1
    var index = firstFree
    if index != 0 {
      firstFree = UnsafeRawPointer(self[index]).load(as: UInt32.self)
    } else {
      index = nextIndex
      if Int(index &>> Slab.pageBits) >= pageCount { addPage() }
      nextIndex &+= 1
    }
    self[index].initialize(to: element)
    return index
  }

  mutating func remove(_ index: UInt32) {
    UnsafeMutableRawPointer(self[index]).storeBytes(of: firstFree, as: UInt32.self)
    firstFree = index
    count &-= 1
  }

  private mutating func addPage() {
    if pageCount == pageCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutablePointer<Element>>
        .allocate(capacity: 2 * pageCapacity)
      larger.moveInitialize(from: pages.list, count: pageCount)
      pages.list.deallocate()
      pages.list = larger
      pageCapacity *= 2
    }
    (pages.list + pageCount).initialize(
      to: supply.makePage().bindMemory(to: Element.self, capacity: Slab.pageSize)
    )
    pageCount += 1
  }
}
