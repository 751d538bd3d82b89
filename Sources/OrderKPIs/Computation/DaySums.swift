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
