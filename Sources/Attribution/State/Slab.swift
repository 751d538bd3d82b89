/// Records of one size under stable 32-bit indices; 0 stands for none.
///
/// Pages of 1024 records, aligned to cache lines: nothing moves when it grows, and freed records are
/// used again.
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  private(set) var pages: Pages
  private var pageCount = 0
  private var pageCapacity = 4
  private var firstFree: UInt32 = 0
  private var nextIndex: UInt32 = 1
  private(set) var count = 0

  /// Where the records are; good until the next `insert`.
  struct Pages: BitwiseCopyable {
    fileprivate var list: UnsafeMutablePointer<UnsafeMutablePointer<Element>>

    @inline(__always) subscript(index: UInt32) -> UnsafeMutablePointer<Element> {
      list[Int(index >> Slab.pageBits)] + Int(index & UInt32(Slab.pageSize &- 1))
    }
  }

  /// As many records as fill a large page, for those of 32 bytes.
  private static var pageBits: UInt32 { MemoryLayout<Element>.stride == 32 ? 16 : 10 }
  private static var pageSize: Int { 1 << pageBits }

  init() {
    precondition(MemoryLayout<Element>.size >= 4, "a free record holds the index of the next one")
    pages = Pages(list: .allocate(capacity: pageCapacity))
  }

  deinit {
    for index in 0..<pageCount { pages.list[index].deallocate() }
    pages.list.deallocate()
  }

  var allocatedBytes: Int {
    pageCount * Slab.pageSize * MemoryLayout<Element>.stride + pageCapacity * 8
  }

  @inline(__always) subscript(index: UInt32) -> UnsafeMutablePointer<Element> { pages[index] }

  mutating func insert(_ element: Element) -> UInt32 {
    count &+= 1
    var index = firstFree
    if index != 0 {
      firstFree = UnsafeRawPointer(self[index]).load(as: UInt32.self)
    } else {
      index = nextIndex
      if Int(index >> Slab.pageBits) >= pageCount { addPage() }
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
    let page = LargePages.allocate(byteCount: Slab.pageSize * MemoryLayout<Element>.stride)
    (pages.list + pageCount).initialize(
      to: page.bindMemory(to: Element.self, capacity: Slab.pageSize)
    )
    pageCount += 1
  }
}
