/// References in the order of time, for the few users who have many.
///
/// A sorted array whose front is taken off: appending costs O(1), inserting near the end the moves
/// behind it, searching O(log n).
struct TimeIndex {
  struct Entry: BitwiseCopyable {
    var time: Int64
    var reference: UInt32
  }

  private var entries: [Entry] = []
  private var start = 0

  var isEmpty: Bool { start == entries.count }
  var count: Int { entries.count - start }
  var allocatedBytes: Int { entries.capacity * MemoryLayout<Entry>.stride }
  var first: Entry? { isEmpty ? nil : entries[start] }

  /// Entries by their place, the earliest at 0.
  subscript(place: Int) -> Entry { entries[start + place] }

  /// Puts the entry behind all with the same time.
  mutating func insert(_ reference: UInt32, at time: Int64) {
    let entry = Entry(time: time, reference: reference)
    if entries.last.map({ $0.time <= time }) ?? true {
      entries.append(entry)
    } else {
      entries.insert(entry, at: start + place(after: time))
    }
  }

  /// Number of entries with `entry.time < time`.
  func place(of time: Int64) -> Int { partition { $0.time < time } }

  /// Number of entries with `entry.time <= time`.
  func place(after time: Int64) -> Int { partition { $0.time <= time } }

  /// Removes one of the earliest entries; those with the same time may be in any order.
  mutating func removeEarliest(_ reference: UInt32) {
    var found = start
    while entries[found].reference != reference { found += 1 }
    entries.swapAt(start, found)
    start += 1
    if start > 64, start * 2 > entries.count {
      entries.removeFirst(start)
      start = 0
    }
  }

  private func partition(_ isBefore: (Entry) -> Bool) -> Int {
    var low = start
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if isBefore(entries[middle]) { low = middle + 1 } else { high = middle }
    }
    return low - start
  }
}

/// A pool of timelines, named by numbers that fit into a user's record; 0 stands for none.
struct TimeIndexPool: ~Copyable {
  private var indexes: [TimeIndex] = [TimeIndex()]
  private var free: [UInt32] = []

  var allocatedBytes: Int { indexes.reduce(0) { $0 + $1.allocatedBytes } }

  subscript(number: UInt32) -> TimeIndex {
    _read { yield indexes[Int(number)] }
    _modify { yield &indexes[Int(number)] }
  }

  mutating func make() -> UInt32 {
    if let number = free.popLast() { return number }
    indexes.append(TimeIndex())
    return UInt32(indexes.count - 1)
  }

  mutating func remove(_ number: UInt32) {
    indexes[Int(number)] = TimeIndex()
    free.append(number)
  }
}
