package import Dataflow

/// Daily figures as the rule reads: keep-first operators, a join, and tumbling windows of a day.
///
///     orders   the first row of each id            -> window of a day: orders, customers, returns
///     items    the first row of each id, JOIN orders, LEFT JOIN products
///                                                  -> window of a day by category: revenue, ...
///
/// It is the specification: `KPIComputation` gives the same figures from hash partitions, many times
/// faster, and a test holds the two together.
///
/// With days from midnight to midnight, orders o, items i:
///
///     o1@day 1 | o1@day 2 | o2@day 1 | i1 of o1: shoes 5.00 | i1 of o2: hats 7.00 | i2 of o9
///     end      day 1: 2 orders, revenue 5.00, 1 item; shoes: 5.00
///              the second o1 and the second i1 are copies; nobody knows o9
///
/// State: everything, until the end.
package struct ComposedKPIs: ~Copyable {
  /// A clean order; ids are UTF-8, compared bytewise.
  package struct Order: Timestamped {
    package var id: [UInt8]
    /// Empty without a user.
    package var user: [UInt8]
    package var time: EventTime
    package var isReturned: Bool

    package init(_ row: OrderRow) {
      id = Array(row.id)
      user = Array(row.userID)
      time = row.createdAt
      isReturned = row.isReturned
    }
  }

  /// A clean item; its time is that of its order once they are joined.
  package struct Item: Timestamped {
    package var id: [[UInt8]]
    package var order: [UInt8]
    package var product: [UInt8]
    package var quantity: Int
    package var revenue: ExactAmount
    /// Nil: as its order.
    package var isReturned: Bool?
    package var category: [UInt8] = []
    package var time = EventTime(microseconds: 0)

    package init(_ row: OrderItemRow) {
      order = Array(row.orderID)
      product = Array(row.productID)
      id = row.id.isEmpty ? [order, product] : [Array(row.id)]
      quantity = Int(row.quantity)
      revenue = row.revenue
      isReturned = row.id.isEmpty ? nil : row.isReturned
    }
  }

  /// A clean product.
  package struct Product: Timestamped {
    package var id: [UInt8]
    package var category: [UInt8]
    package var time: EventTime { EventTime(microseconds: 0) }

    package init(_ row: ProductRow) {
      id = Array(row.id)
      category = row.category.isEmpty ? Array("Unknown".utf8) : Array(row.category)
    }
  }

  /// What the orders of a day come to.
  struct OrderFigure: Aggregate {
    var sums = DaySums()
    private var users: Set<[UInt8]> = []

    mutating func add(_ order: Order) {
      sums.orders += 1
      sums.returnedOrders += order.isReturned ? 1 : 0
      if !order.user.isEmpty { users.insert(order.user) }
      sums.customers = users.count
    }

    mutating func merge(_ other: OrderFigure) {
      sums += other.sums
      users.formUnion(other.users)
      sums.customers = users.count
    }
  }

  /// What the items of a category and day come to.
  struct ItemFigure: Aggregate {
    var sums = CategorySums()
    private var orders: Set<[UInt8]> = []

    mutating func add(_ item: Item) {
      sums.revenue += ExactSum(
        hundredths: Int128(item.revenue.hundredths),
        rest: Int128(item.revenue.rest)
      )
      sums.items += item.quantity
      sums.returnedItems += item.isReturned == true ? item.quantity : 0
      orders.insert(item.order)
      sums.orders = orders.count
    }

    mutating func merge(_ other: ItemFigure) {
      sums += other.sums
      orders.formUnion(other.orders)
      sums.orders = orders.count
    }
  }

  private static let day = EventSpan.hours(24)

  private var firstOrders = Deduplicate<Order, [UInt8]>(by: \.id, retention: .hours(0))
  private var firstItems = Deduplicate<Item, [[UInt8]]>(by: \.id, retention: .hours(0))
  private var firstProducts = Deduplicate<Product, [UInt8]>(by: \.id, retention: .hours(0))

  package init() {}

  /// The figures of everything, given in the order of the input.
  package mutating func figures(
    products: [Product],
    orders: [Order],
    items: [Item]
  ) -> DailyFigures {
    // Nothing advances before the end: nothing is late, and no key is forgotten.
    var (lateProducts, lateOrders, lateItems) = ([Product](), [Order](), [Item]())
    var (catalog, distinctOrders, distinctItems) = ([Product](), [Order](), [Item]())
    firstProducts.process(products, into: &catalog, late: &lateProducts)
    firstOrders.process(orders, into: &distinctOrders, late: &lateOrders)
    firstItems.process(items, into: &distinctItems, late: &lateItems)
    let joined = Self.join(distinctItems, distinctOrders, catalog)

    var orderWindows = TumblingWindow<OrderFigure, Int>(size: Self.day) { _ in 0 }
    var itemWindows = TumblingWindow<ItemFigure, [UInt8]>(size: Self.day) { $0.category }
    var days: [TumblingWindow<OrderFigure, Int>.Output] = []
    var categories: [TumblingWindow<ItemFigure, [UInt8]>.Output] = []
    orderWindows.process(distinctOrders, into: &days, late: &lateOrders)
    orderWindows.advance(to: .endOfInput, into: &days)
    itemWindows.process(joined, into: &categories, late: &lateItems)
    itemWindows.advance(to: .endOfInput, into: &categories)

    var names = CategoryNames()
    var sums = FigureSums()
    for window in days { sums.add(window.figure.sums, to: window.start.day) }
    for window in categories {
      sums.add(window.figure.sums, to: window.start.day, names.number(of: window.key))
    }
    return sums.figures(names)
  }

  /// The items whose order is there, with its time and, where the order says it, its return.
  private static func join(_ items: [Item], _ orders: [Order], _ products: [Product]) -> [Item] {
    let orders = Dictionary(uniqueKeysWithValues: orders.map { ($0.id, $0) })
    let categories = Dictionary(uniqueKeysWithValues: products.map { ($0.id, $0.category) })
    return items.compactMap { item in
      guard let order = orders[item.order] else { return nil }
      var item = item
      item.time = order.time
      item.isReturned = item.isReturned ?? order.isReturned
      item.category = categories[item.product] ?? Array("Unknown".utf8)
      return item
    }
  }
}
