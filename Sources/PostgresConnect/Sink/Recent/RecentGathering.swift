import Dataflow
import Events

/// Events of some users, found by one run over the recent events.
///
/// ```
/// users    0           1       2             places in the set that was asked for
/// found    t1  t3  t9  t2  t4  t1  t1  t5    each user's in the order of the rule: by time and id
/// ```
/// A user's events of some times then take two binary searches, however many he has.
///
/// Refers to the slices: valid until the lock of the recent events is given back.
struct RecentGathering<Entry: RecentEntry> {
  struct Found: BitwiseCopyable {
    var time: EventTime
    /// Of the user, of the slice and in the slice.
    var user: Int32
    var slice: Int32
    var number: Int32
  }

  private let slices: [RecentSlice]
  private let columns: [RecentColumns<Entry>]
  private(set) var found: [Found] = []
  /// Where each user's begin, and the end.
  private var starts: [Int]

  /// Finds those of the given times, which each user in the set has his own of, nil for nothing;
  /// `order` is that of the last event that counts.
  init(
    of users: KeySet,
    in times: [ClosedRange<EventTime>?],
    through order: Int64,
    among recent: RecentEvents,
    _ columns: (borrowing RecentSliceEvents) -> RecentColumns<Entry>
  ) {
    let wanted = times.compactMap { $0 }
    starts = Array(repeating: 0, count: users.count + 1)
    guard let first = wanted.map(\.lowerBound).min(), let last = wanted.map(\.upperBound).max()
    else {
      slices = []
      self.columns = []
      return
    }
    slices = Array(recent.slices(in: first...last))
    self.columns = slices.map { columns($0.events) }
    var found: [Found] = []
    for (slice, columns) in self.columns.enumerated() {
      columns.forEach(of: users) { number, user in
        let entry = columns.entries[number]
        guard let times = times[user], times.contains(entry.time), entry.order <= order,
          !entry.isDropped
        else { return }
        found.append(
          Found(
            time: entry.time,
            user: Int32(truncatingIfNeeded: user),
            slice: Int32(truncatingIfNeeded: slice),
            number: Int32(truncatingIfNeeded: number)
          )
        )
      }
    }
    arrange(found)
  }

  /// Puts them in the order of the users, and of the rule.
  private mutating func arrange(_ unordered: [Found]) {
    guard let some = unordered.first else { return }
    for one in unordered { starts[Int(one.user) + 1] += 1 }
    for user in 1..<starts.count { starts[user] += starts[user - 1] }
    found = Array(repeating: some, count: unordered.count)
    var next = starts
    for one in unordered {
      found[next[Int(one.user)]] = one
      next[Int(one.user)] += 1
    }
    let (slices, columns) = (slices, columns)
    found.withUnsafeMutableBufferPointer { found in
      for user in 1..<starts.count where starts[user] - starts[user - 1] > 1 {
        var own = UnsafeMutableBufferPointer(rebasing: found[starts[user - 1]..<starts[user]])
        own.sort { left, right in
          guard left.time == right.time else { return left.time < right.time }
          return Self.id(of: left, slices, columns).precedes(Self.id(of: right, slices, columns))
        }
      }
    }
  }

  private static func id(
    of found: Found,
    _ slices: [RecentSlice],
    _ columns: [RecentColumns<Entry>]
  ) -> UnsafeRawBufferPointer {
    slices[Int(found.slice)].events.id(
      of: columns[Int(found.slice)].entries[Int(found.number)]
    )
  }

  func entry(at place: Int) -> Entry {
    columns[Int(found[place].slice)].entries[Int(found[place].number)]
  }

  func slice(at place: Int) -> RecentSlice { slices[Int(found[place].slice)] }

  /// The places of a user's events of these times.
  func places(of user: Int, in times: ClosedRange<EventTime>) -> Range<Int> {
    let range = starts[user]..<starts[user + 1]
    let start = place(in: range) { $0 < times.lowerBound }
    return start..<place(in: start..<range.upperBound) { $0 <= times.upperBound }
  }

  /// The first place in the range that the condition does not hold for.
  private func place(in range: Range<Int>, _ isBefore: (EventTime) -> Bool) -> Int {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end {
      let middle = (start + end) / 2
      if isBefore(found[middle].time) { start = middle + 1 } else { end = middle }
    }
    return start
  }
}
