/// Records of one size under stable 32-bit indices; 0 stands for none.
///
/// Pages of 256 records, aligned to cache lines: nothing moves when it grows, and freed records are used again.
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  private var pages: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
  private var pageCount = 0
  private var pageCapacity = 4
  private var firstFree: UInt32 = 0
  private var nextIndex: UInt32 = 1
  private(set) var count = 0

  private static var pageSize: Int { 256 }

  init() {
    precondition(MemoryLayout<Element>.size >= 4, "a free record holds the index of the next one")
    pages = .allocate(capacity: pageCapacity)
  }

  deinit {
    for index in 0..<pageCount { pages[index].deallocate() }
    pages.deallocate()
  }

  var allocatedBytes: Int {
    pageCount * Slab.pageSize * MemoryLayout<Element>.stride + pageCapacity * 8
  }

  @inline(__always) subscript(index: UInt32) -> UnsafeMutablePointer<Element> {
    pages[Int(index >> 8)] + Int(index & 255)
  }

  mutating func insert(_ element: Element) -> UInt32 {
    count &+= 1
    var index = firstFree
    if index != 0 {
      firstFree = UnsafeRawPointer(self[index]).load(as: UInt32.self)
    } else {
      index = nextIndex
      if Int(index >> 8) >= pageCount { addPage() }
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
      larger.moveInitialize(from: pages, count: pageCount)
      pages.deallocate()
      pages = larger
      pageCapacity *= 2
    }
    let page = UnsafeMutableRawPointer.allocate(
      byteCount: Slab.pageSize * MemoryLayout<Element>.stride,
      alignment: 64
    )
    (pages + pageCount).initialize(
      to: page.bindMemory(to: Element.self, capacity: Slab.pageSize)
    )
    pageCount += 1
  }
}
