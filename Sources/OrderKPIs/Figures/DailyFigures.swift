/// What a shop's tables come to: figures by day, and by category and day.
package struct DailyFigures: Hashable, Sendable {
  /// By day, ascending; every day with an order has one.
  package var days: [DayFigures] = []
  /// By day, then by the bytes of the category.
  package var categories: [CategoryFigures] = []

  package init() {}
}

/// A row of `order_kpis`.
package struct DayFigures: Hashable, Sendable {
  /// Days since 1970-01-01, UTC.
  package var day: Int32
  package var totalOrders: Int
  package var totalRevenue: RoundedFigure
  package var totalItemsSold: Int
  package var uniqueCustomers: Int
  package var returnRate: RoundedFigure
}

/// A row of `category_kpis`.
package struct CategoryFigures: Hashable, Sendable {
  package var category: String
  /// Days since 1970-01-01, UTC.
  package var day: Int32
  package var dailyRevenue: RoundedFigure
  package var averageOrderValue: RoundedFigure
  package var averageReturnRate: RoundedFigure
}

/// A figure of two decimals, rounded half away from zero.
package struct RoundedFigure: Hashable, Sendable, CustomStringConvertible {
  package var hundredths: Int128

  package init(hundredths: Int128) { self.hundredths = hundredths }

  /// `part / whole x 100`.
  package init(percentage part: Int, of whole: Int) {
    precondition(whole > 0, "a percentage of \(whole)")
    hundredths = (Int128(part) * 20_000 + Int128(whole)) / (2 * Int128(whole))
  }

  /// `1234.50`.
  package var description: String {
    let (units, cents) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    return "\(hundredths < 0 ? "-" : "")\(units).\(cents < 10 ? "0" : "")\(cents)"
  }
}
