/// What a day's orders add up to.
struct DaySums: Sendable {
  var orders = 0
  var returnedOrders = 0
  var customers = 0

  static func += (sums: inout DaySums, other: DaySums) {
    sums.orders += other.orders
    sums.returnedOrders += other.returnedOrders
    sums.customers += other.customers
  }
}

/// What the items of a category and day add up to.
struct CategorySums: Sendable {
  var revenue = ExactSum()
  var items = 0
  var returnedItems = 0
  var orders = 0

  static func += (sums: inout CategorySums, other: CategorySums) {
    sums.revenue += other.revenue
    sums.items += other.items
    sums.returnedItems += other.returnedItems
    sums.orders += other.orders
  }
}

/// The tumbling windows of a day over a part of the input, all open at once: sums by day, and by
/// category and day.
struct DayWindows: ~Copyable {
  private(set) var days: [(day: Int32, sums: DaySums)] = []
  private(set) var categories: [(day: Int32, category: UInt32, sums: CategorySums)] = []
  private var dayNumbers: KeyTable
  private var categoryNumbers: KeyTable

  init(_ keys: KeyMaker) {
    dayNumbers = KeyTable(keys)
    categoryNumbers = KeyTable(keys)
  }

  @inline(__always)
  mutating func update(_ day: Int32, _ change: (inout DaySums) -> Void) {
    let key = RowKey(low: UInt64(UInt32(bitPattern: day)), high: 0)
    let (number, isNew) = dayNumbers.insert(key)
    if isNew { days.append((day, DaySums())) }
    change(&days[number].sums)
  }

  @inline(__always)
  mutating func update(
    _ day: Int32,
    _ category: UInt32,
    _ change: (inout CategorySums) -> Void
  ) {
    let key = RowKey(low: UInt64(UInt32(bitPattern: day)) &<< 32 | UInt64(category), high: 0)
    let (number, isNew) = categoryNumbers.insert(key)
    if isNew { categories.append((day, category, CategorySums())) }
    change(&categories[number].sums)
  }
}
