/// A user who ordered on a day.
struct Customer: BitwiseCopyable, Sendable {
  var user: RowKey
  var day: Int32
}

/// Counts the distinct users of each day, a partition of the users after the other.
struct CustomerCount: ~Copyable {
  private var users: RowKeyTable
  private var pairs: RowKeyTable
  private var windows: DayWindows

  init(_ keys: KeyMaker) {
    users = RowKeyTable(keys)
    pairs = RowKeyTable(keys)
    windows = DayWindows(keys, categoryCount: 0)
  }

  /// Counts the customers of a partition, given in several lists.
  mutating func count(_ lists: [[Customer]]) {
    let count = lists.reduce(0) { $0 + $1.count }
    users.reset(expecting: count)
    pairs.reset(expecting: count)
    for list in lists {
      for customer in list {
        let user = UInt64(truncatingIfNeeded: users.insert(customer.user).number)
        let pair = RowKey(low: user &<< 32 | UInt64(UInt32(bitPattern: customer.day)), high: 0)
        if pairs.insert(pair).isNew { _ = windows.update(customer.day) { $0.customers &+= 1 } }
      }
    }
  }

  consuming func finish() -> FigureSums {
    var sums = FigureSums()
    sums.merge(windows)
    return sums
  }
}
