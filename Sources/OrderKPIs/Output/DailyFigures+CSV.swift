import Events

/// Figures as CSV with a header: columns are those of the tables, in their order.
extension DailyFigures {
  static let orderColumns = [
    "order_date", "total_orders", "total_revenue", "total_items_sold", "unique_customers",
    "return_rate",
  ]
  static let categoryColumns = [
    "category", "order_date", "daily_revenue", "avg_order_value", "avg_return_rate",
  ]

  var orderText: String {
    var text = Self.orderColumns.joined(separator: ",") + "\n"
    for day in days {
      text +=
        "\(CivilDate(daysSinceEpoch: Int(day.day)).text),\(day.totalOrders),\(day.totalRevenue),"
      text += "\(day.totalItemsSold),\(day.uniqueCustomers),\(day.returnRate)\n"
    }
    return text
  }

  var categoryText: String {
    var text = Self.categoryColumns.joined(separator: ",") + "\n"
    for row in categories {
      text +=
        "\(quoted(row.category)),\(CivilDate(daysSinceEpoch: Int(row.day)).text),\(row.dailyRevenue),"
      text += "\(row.averageOrderValue),\(row.averageReturnRate)\n"
    }
    return text
  }

  /// A cell as RFC 4180 has it.
  private func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
