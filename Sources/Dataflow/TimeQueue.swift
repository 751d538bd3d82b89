/// Elements waiting for event time to pass them, the earliest first; equal times in order of
/// insertion.
///
/// A binary heap in one array. Inserting is O(1) when times mostly grow, O(log count) at worst;
/// taking out is O(log count).
@usableFromInline
package struct TimeQueue<Element> {
  @usableFromInline
  struct Entry {
    @usableFromInline var time: EventTime
    @usableFromInline var sequence: UInt64
    @usableFromInline var element: Element

    @inlinable
    init(time: EventTime, sequence: UInt64, element: Element) {
      self.time = time
      self.sequence = sequence
      self.element = element
    }

    @inlinable
    static func < (left: Entry, right: Entry) -> Bool {
      left.time == right.time ? left.sequence < right.sequence : left.time < right.time
    }
  }

  /// Parent of `i` at `(i - 1) / 2`, no parent later than its children.
  @usableFromInline var heap: [Entry] = []
  @usableFromInline var insertedCount: UInt64 = 0

  @inlinable package init() {}

  @inlinable package var count: Int { heap.count }
  /// The earliest time; nil when the queue is empty.
  @inlinable package var firstTime: EventTime? { heap.first?.time }

  @inlinable
  package mutating func insert(_ element: Element, at time: EventTime) {
    let entry = Entry(time: time, sequence: insertedCount, element: element)
    insertedCount &+= 1
    heap.append(entry)
    raise(entry, from: heap.count &- 1)
  }

  /// Takes out the earliest element if its time is before `bound`; nil: whatever its time.
  @inlinable
  package mutating func popFirst(
    before bound: EventTime? = nil
  ) -> (
    time: EventTime, element: Element
  )? {
    guard let first = heap.first else { return nil }
    if let bound, first.time >= bound { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty { raise(last, from: lowerHole()) }
    return (first.time, first.element)
  }

  /// Puts `entry` at `place` or, while it is earlier than the parent there, higher up.
  @inlinable
  mutating func raise(_ entry: Entry, from place: Int) {
    var hole = place
    while hole > 0 {
      let parent = (hole &- 1) / 2
      guard entry < heap[parent] else { break }
      heap[hole] = heap[parent]
      hole = parent
    }
    heap[hole] = entry
  }

  /// Moves the hole left by the first entry down to a leaf, earlier children up, and says where.
  ///
  /// The last entry, which is to fill it, is late as a rule: going all the way down compares it less
  /// than stopping where it fits.
  @inlinable
  mutating func lowerHole() -> Int {
    var hole = 0
    while true {
      var child = 2 &* hole &+ 1
      guard child < heap.count else { return hole }
      if child &+ 1 < heap.count, heap[child &+ 1] < heap[child] { child &+= 1 }
      heap[hole] = heap[child]
      hole = child
    }
  }
}

extension TimeQueue: Sendable where Element: Sendable {}
extension TimeQueue.Entry: Sendable where Element: Sendable {}
