/// The values of each key in the order of event time, forgotten from the oldest on.
///
/// The memory of a join's side. Inserting in order is O(1), finding a range O(log n) in the key's n
/// values, taking out the oldest of all O(log count).
@usableFromInline
package struct KeyedTimeline<Key: Hashable, Value> {
  @usableFromInline var timelines: [Key: TimeOrdered<Value>] = [:]
  /// The key of every value, by the value's time.
  @usableFromInline var oldest = TimeQueue<Key>()

  @inlinable package init() {}

  /// Number of values held.
  @inlinable package var count: Int { oldest.count }

  @inlinable
  package mutating func insert(_ value: Value, of key: Key, at time: EventTime) {
    timelines[key, default: TimeOrdered()].insert(value, at: time)
    oldest.insert(key, at: time)
  }

  /// Visits the values of a key whose time is in `range`, in order, and lets them be changed.
  @inlinable
  package mutating func update(
    _ key: Key,
    in range: ClosedRange<EventTime>,
    _ visit: (inout Value) -> Void
  ) {
    guard let index = timelines.index(forKey: key) else { return }
    timelines.values[index].update(in: range, visit)
  }

  /// Takes out the oldest value of all keys, if it is before `bound`; nil: whatever its time.
  @inlinable
  package mutating func popFirst(before bound: EventTime? = nil) -> (key: Key, value: Value)? {
    guard let (time, key) = oldest.popFirst(before: bound) else { return nil }
    guard let index = timelines.index(forKey: key) else {
      preconditionFailure("no values for a value at \(time.microseconds) us")
    }
    let value = timelines.values[index].removeFirst()
    if timelines.values[index].isEmpty { timelines.remove(at: index) }
    return (key, value)
  }
}
