/// The sums of all days, merged from those of parts of the input, in any order.
struct FigureSums: Sendable {
  private struct CategoryDay: Hashable {
    var day: Int32
    var category: UInt32
  }

  private var days: [Int32: DaySums] = [:]
  private var categories: [CategoryDay: CategorySums] = [:]

  mutating func add(_ sums: DaySums, to day: Int32) { days[day, default: DaySums()] += sums }

  mutating func add(_ sums: CategorySums, to day: Int32, _ category: UInt32) {
    categories[CategoryDay(day: day, category: category), default: CategorySums()] += sums
  }

  mutating func merge(_ windows: borrowing DayWindows) {
    for window in windows.days { add(window.sums, to: window.day) }
    windows.forEachCategory { day, category, sums in add(sums, to: day, category) }
  }

  mutating func merge(_ other: FigureSums) {
    for (day, sums) in other.days { add(sums, to: day) }
    for (place, sums) in other.categories { add(sums, to: place.day, place.category) }
  }

  /// The figures, sorted.
  func figures(_ categoryNames: CategoryNames) -> DailyFigures {
    let names = categoryNames.names
    var figures = DailyFigures()
    var itemsOfDay: [Int32: CategorySums] = [:]
    for (place, sums) in categories { itemsOfDay[place.day, default: CategorySums()] += sums }
    figures.days = days.sorted { $0.key < $1.key }.map { day, sums in
      DayFigures(day: day, sums, itemsOfDay[day] ?? CategorySums())
    }
    let ordered = categories.sorted { left, right in
      if left.key.day != right.key.day { return left.key.day < right.key.day }
      return names[Int(left.key.category)]
        .lexicographicallyPrecedes(names[Int(right.key.category)])
    }
    figures.categories = ordered.map { place, sums in
      CategoryFigures(
        category: String(decoding: names[Int(place.category)], as: UTF8.self),
        day: place.day,
        sums
      )
    }
    return figures
  }
}

extension DayFigures {
  fileprivate init(day: Int32, _ sums: DaySums, _ items: CategorySums) {
    self.init(
      day: day,
      totalOrders: sums.orders,
      totalRevenue: items.revenue.rounded,
      totalItemsSold: items.items,
      uniqueCustomers: sums.customers,
      returnRate: RoundedFigure(percentage: sums.returnedOrders, of: sums.orders)
    )
  }
}

extension CategoryFigures {
  fileprivate init(category: String, day: Int32, _ sums: CategorySums) {
    self.init(
      category: category,
      day: day,
      dailyRevenue: sums.revenue.rounded,
      averageOrderValue: sums.revenue.divided(by: sums.orders),
      averageReturnRate: RoundedFigure(percentage: sums.returnedItems, of: sums.items)
    )
  }
}
