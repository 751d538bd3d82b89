/// One value per key and point in time, kept until event time has passed that point.
///
/// The memory of operators that collect what belongs together and emit it when it is final: a
/// partition of rows, a window. Updating is O(1), taking out O(log count).
@usableFromInline
package struct KeyedState<Key: Hashable, Value> {
  @usableFromInline
  struct Slot: Hashable {
    @usableFromInline var key: Key
    @usableFromInline var time: EventTime

    @inlinable
    init(key: Key, time: EventTime) {
      self.key = key
      self.time = time
    }
  }

  @usableFromInline var values: [Slot: Value] = [:]
  @usableFromInline var closing = TimeQueue<Slot>()

  @inlinable package init() {}

  /// Number of values held.
  @inlinable package var count: Int { values.count }

  /// Changes the value of `key` that closes at `time`, making it first if there is none.
  @inlinable
  package mutating func update(
    _ key: Key,
    closingAt time: EventTime,
    initial: @autoclosure () -> Value,
    _ change: (inout Value) -> Void
  ) {
    let slot = Slot(key: key, time: time)
    if let index = values.index(forKey: slot) {
      change(&values.values[index])
    } else {
      var value = initial()
      change(&value)
      values[slot] = value
      closing.insert(slot, at: time)
    }
  }

  /// Takes out the value that closes first, if that is before `bound`; nil: whenever it closes.
  @inlinable
  package mutating func popFirst(
    before bound: EventTime? = nil
  ) -> (
    key: Key, time: EventTime, value: Value
  )? {
    guard let (time, slot) = closing.popFirst(before: bound) else { return nil }
    guard let value = values.removeValue(forKey: slot) else {
      preconditionFailure("no value for a slot that closes at \(time.microseconds) us")
    }
    return (slot.key, time, value)
  }
}
