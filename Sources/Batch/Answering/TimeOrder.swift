/// Brings the records of one user and stream into the order of time.
///
/// Equal times are in the order of event_id, compared bytewise: so the first click is the first here.
enum TimeOrder {
  typealias Entry = UserRecords.Entry

  /// By insertion as long as that is fast: it is for what is nearly sorted.
  static func sort(_ entries: UnsafeMutableBufferPointer<Entry>) {
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
  private static func id(_ entry: Entry) -> UnsafeRawBufferPointer {
    PackedHeader(of: entry.record).eventID(entry.record)
  }
}
