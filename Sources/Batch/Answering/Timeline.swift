import CScan

/// Brings the records of one user and stream into the order of time, without those that were sent
/// again.
///
/// Equal times are in the order of event_id, compared bytewise: so the first click is the first here.
struct Timeline: ~Copyable {
  typealias Entry = UserRecords.Entry

  /// An open-addressing table of numbers of entries, from 1 on, at most half full.
  private var slots: [UInt32] = []

  init() {}

  /// Sorts the entries, which are in input order; of one event_id the first stays.
  ///
  /// - Returns: those that stay, at the front.
  mutating func order(
    _ entries: UnsafeMutableBufferPointer<Entry>
  ) -> UnsafeMutableBufferPointer<Entry> {
    guard entries.count > 1 else { return entries }
    let distinct = UnsafeMutableBufferPointer(rebasing: entries[..<removeDuplicates(entries)])
    Self.sort(distinct)
    return distinct
  }

  /// Returns how many stay.
  private mutating func removeDuplicates(_ entries: UnsafeMutableBufferPointer<Entry>) -> Int {
    let mask = 1 << (Int.bitWidth - (2 * entries.count - 1).leadingZeroBitCount) - 1
    slots.removeAll(keepingCapacity: true)
    slots.append(contentsOf: repeatElement(0, count: mask + 1))
    var kept = 0
    slots.withUnsafeMutableBufferPointer { slots in
      for entry in entries {
        var place = Int(entry.idHash) & mask
        var isDuplicate = false
        while slots[place] != 0, !isDuplicate {
          isDuplicate = Self.isSame(entries[Int(slots[place]) &- 1], entry)
          place = (place &+ 1) & mask
        }
        if isDuplicate { continue }
        entries[kept] = entry
        kept &+= 1
        slots[place] = UInt32(truncatingIfNeeded: kept)
      }
    }
    return kept
  }

  /// By insertion as long as that is fast: it is for what is nearly sorted.
  private static func sort(_ entries: UnsafeMutableBufferPointer<Entry>) {
    var moves = 0
    let mostMoves = 16 * entries.count
    for index in 1..<max(entries.count, 1) {
      let entry = entries[index]
      var place = index
      while place > 0, precedes(entry, entries[place &- 1]) {
        entries[place] = entries[place &- 1]
        place &-= 1
      }
      entries[place] = entry
      moves += index - place
      if moves > mostMoves {
        var entries = entries
        return entries.sort(by: precedes)
      }
    }
  }

  @inline(__always)
  private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
    left.time == right.time
      ? id(left).lexicographicallyPrecedes(id(right)) : left.time < right.time
  }

  @inline(__always)
  private static func isSame(_ left: Entry, _ right: Entry) -> Bool {
    guard left.idHash == right.idHash else { return false }
    let (mine, its) = (id(left), id(right))
    guard mine.count == its.count, let a = mine.baseAddress, let b = its.baseAddress else {
      return false
    }
    return scan_equal_short(a, b, mine.count)
  }

  @inline(__always)
  private static func id(_ entry: Entry) -> UnsafeRawBufferPointer {
    PackedHeader(of: entry.record).eventID(entry.record)
  }
}
