/// Joins the items of a partition with its orders, and adds both to the sums.
///
///     order    the first row of each id
///     item     the first row of each id, whose order is there
///     window   [day, day + 1) of the order's created_at, UTC
///
/// State: the orders of one partition, whose memory the next one takes over.
struct PartitionJoin: ~Copyable {
  private struct Order: BitwiseCopyable {
    var dayNumber: UInt32
    var isReturned: Bool
    /// The categories of its items so far; those beyond the 64th are in `otherCategories`.
    var categories: UInt64 = 0
  }

  /// What a thread's partitions came to.
  struct Result: Sendable {
    var sums = FigureSums()
    /// By a partition of their own, that of the user.
    var customers: [[Customer]]
    /// By file.
    var orderRejects: [RejectLog]
    /// By file.
    var itemRejects: [RejectLog]
  }

  private let keys: KeyMaker
  private let partitioning: Partitioning
  private var orderNumbers: RowKeyTable
  private var orders: [Order] = []
  private var otherCategories: RowKeyTable

  private var windows: DayWindows
  private var result: Result

  init(
    _ keys: KeyMaker,
    _ partitioning: Partitioning,
    categoryCount: Int,
    orderFileCount: Int,
    itemFileCount: Int
  ) {
    self.keys = keys
    self.partitioning = partitioning
    orderNumbers = RowKeyTable(keys)
    otherCategories = RowKeyTable(keys)
    windows = DayWindows(keys, categoryCount: categoryCount)
    result = Result(
      customers: Array(repeating: [], count: partitioning.count),
      orderRejects: Array(repeating: RejectLog(), count: orderFileCount),
      itemRejects: Array(repeating: RejectLog(), count: itemFileCount)
    )
  }

  /// Takes a partition of all parts, which are in order and whose copies are marked.
  mutating func join(_ partition: Int, _ orderParts: [OrderPart], _ itemParts: [ItemPart]) {
    orders.removeAll(keepingCapacity: true)
    otherCategories.reset(expecting: 0)
    orderNumbers.reset(
      expecting: orderParts.reduce(0) { $0 + $1.orders.partition(partition).rows.count }
    )
    for part in orderParts { add(part, partition) }
    for part in itemParts { add(part, partition) }
  }

  consuming func finish() -> Result {
    var result = result
    result.sums.merge(windows)
    return result
  }

  private mutating func add(_ part: OrderPart, _ partition: Int) {
    for entry in part.orders.partition(partition).rows {
      guard orderNumbers.insert(entry.id).isNew else {
        result.orderRejects[part.place.file].note(
          .duplicateID,
          at: part.place.offset + Int64(entry.offset)
        )
        continue
      }
      let isReturned = entry.isReturned
      let dayNumber = windows.update(entry.day) {
        $0.orders &+= 1
        $0.returnedOrders &+= isReturned ? 1 : 0
      }
      orders.append(
        Order(dayNumber: UInt32(truncatingIfNeeded: dayNumber), isReturned: isReturned)
      )
      if entry.user != .none {
        let target = Int(partitioning.partition(ofSpread: keys.spread(entry.user)))
        result.customers[target].append(Customer(user: entry.user, day: entry.day))
      }
    }
  }

  private mutating func add(_ part: ItemPart, _ partition: Int) {
    let mayHaveCopies = part.mayHaveCopies
    let rests = part.rests
    let (items, firstPlace) = part.items.partition(partition)
    for (index, item) in items.enumerated() {
      if mayHaveCopies, part.isCopy(at: item.idPlace) { continue }
      guard let number = orderNumbers.number(of: item.order) else {
        result.itemRejects[part.place.file].note(
          .unknownOrder,
          at: part.place.offset + Int64(part.ids[Int(item.idPlace)].offset)
        )
        continue
      }
      let isFirst = isFirst(item.category, of: number)
      windows.add(
        item,
        rest: rests.isEmpty ? 0 : rests[firstPlace + index],
        to: Int(orders[number].dayNumber),
        isReturned: item.isReturned(orderIsReturned: orders[number].isReturned),
        isFirstOfOrder: isFirst
      )
    }
  }

  /// Whether the order has had no item of the category before.
  @inline(__always)
  private mutating func isFirst(_ category: UInt32, of order: Int) -> Bool {
    guard category < 64 else {
      let pair = UInt64(truncatingIfNeeded: order) &<< 32 | UInt64(category)
      return otherCategories.insert(RowKey(low: pair, high: 0)).isNew
    }
    let bit: UInt64 = 1 &<< UInt64(category)
    defer { orders[order].categories |= bit }
    return orders[order].categories & bit == 0
  }
}
