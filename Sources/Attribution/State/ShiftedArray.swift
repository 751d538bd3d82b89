/// An array that elements leave at its front, so that those behind need not move each time.
///
/// ```
/// elements  | gone | gone | 0 | 1 | 2 | ...        indices count from the first that is there
/// ```
///
/// What is gone is dropped once it is more than half: at most twice the memory, amortised O(1) for
/// each that leaves.
struct ShiftedArray<Element: BitwiseCopyable>: RandomAccessCollection {
  private var elements: [Element] = []
  private var goneCount = 0

  var startIndex: Int { 0 }
  var endIndex: Int { elements.count - goneCount }
  /// That memory is held for.
  var capacity: Int { elements.capacity }

  @inline(__always) subscript(place: Int) -> Element {
    precondition(place >= 0, "place \(place) is before the first")
    return elements[goneCount &+ place]
  }

  mutating func insert(_ element: Element, at place: Int) {
    precondition(place >= 0, "place \(place) is before the first")
    elements.insert(element, at: goneCount + place)
  }

  mutating func removeFirst(_ count: Int) {
    precondition(0...self.count ~= count, "\(count) of \(self.count) elements cannot leave")
    goneCount += count
    guard goneCount > elements.count / 2 else { return }
    elements.removeFirst(goneCount)
    goneCount = 0
  }
}
