/// Values in the order of event time, equal times in order of insertion; the oldest leave first.
///
///     entries  [ gone gone | 3 5 5 9 ]
///                          head
///
/// Inserting in order and removing the first are O(1), out of order O(count).
@usableFromInline
package struct TimeOrdered<Value> {
  @usableFromInline
  struct Entry {
    @usableFromInline var time: EventTime
    @usableFromInline var value: Value

    @inlinable
    init(time: EventTime, value: Value) {
      self.time = time
      self.value = value
    }
  }

  @usableFromInline var entries: [Entry] = []
  @usableFromInline var head = 0

  @inlinable package init() {}

  @inlinable package var isEmpty: Bool { head == entries.count }

  @inlinable
  package mutating func insert(_ value: Value, at time: EventTime) {
    let entry = Entry(time: time, value: value)
    if let last = entries.last, time < last.time {
      entries.insert(entry, at: firstIndex { time < $0 })
    } else {
      entries.append(entry)
    }
  }

  /// Visits the values whose time is in `range`, in order, and lets them be changed.
  @inlinable
  package mutating func update(in range: ClosedRange<EventTime>, _ visit: (inout Value) -> Void) {
    var index = firstIndex { range.lowerBound <= $0 }
    while index < entries.count, entries[index].time <= range.upperBound {
      visit(&entries[index].value)
      index &+= 1
    }
  }

  /// Removes the oldest value; there must be one.
  @inlinable
  package mutating func removeFirst() -> Value {
    let value = entries[head].value
    head &+= 1
    // Moving what is left costs no more than the removals since the last time.
    if head &* 2 > entries.count {
      entries.removeFirst(head)
      head = 0
    }
    return value
  }

  /// Binary search: `isPast` is false for times up to some point and true from there on.
  @inlinable
  func firstIndex(where isPast: (EventTime) -> Bool) -> Int {
    var low = head
    var high = entries.count
    while low < high {
      let middle = (low &+ high) / 2
      if isPast(entries[middle].time) { high = middle } else { low = middle &+ 1 }
    }
    return low
  }
}
