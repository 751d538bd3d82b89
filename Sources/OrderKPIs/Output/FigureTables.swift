package import Connect
package import PostgresConnect

/// Figures as rows of `order_kpis` and `category_kpis`.
package struct FigureTables {
  private let connection: PostgresConnection

  /// - Parameter connection: in the transaction that the rows are to be part of.
  package init(on connection: PostgresConnection) { self.connection = connection }

  /// Replaces the days of the figures, whole; other days stay as they are.
  ///
  /// A category that a day has no more is deleted.
  package func write(_ figures: DailyFigures) throws(ConnectorError) {
    // Two writers of one day would each leave the categories that only the other one has.
    try connection.execute("LOCK TABLE order_kpis, category_kpis IN SHARE ROW EXCLUSIVE MODE")
    try stage(figures.orderText, as: "new_order_kpis", like: "order_kpis")
    try stage(figures.categoryText, as: "new_category_kpis", like: "category_kpis")
    for statement in Self.statements { try connection.execute(statement) }
  }

  private func stage(
    _ text: String,
    as name: String,
    like table: String
  ) throws(ConnectorError) {
    try connection.execute(
      "CREATE TEMPORARY TABLE \(name) (LIKE ecommerce.\(table)) ON COMMIT DROP"
    )
    let columns = text.prefix { $0 != "\n" }
    try connection.copyIn("COPY \(name) (\(columns)) FROM STDIN (FORMAT csv, HEADER true)")
    try connection.send(Array(text.utf8))
    try connection.finishCopy()
  }

  private static let statements = [
    """
    INSERT INTO order_kpis
      (order_date, total_orders, total_revenue, total_items_sold, unique_customers, return_rate)
    SELECT order_date, total_orders, total_revenue, total_items_sold, unique_customers, return_rate
    FROM new_order_kpis
    ON CONFLICT (order_date) DO UPDATE SET
      total_orders = excluded.total_orders,
      total_revenue = excluded.total_revenue,
      total_items_sold = excluded.total_items_sold,
      unique_customers = excluded.unique_customers,
      return_rate = excluded.return_rate
    """,
    """
    DELETE FROM category_kpis AS k
    USING new_order_kpis AS d
    WHERE k.order_date = d.order_date
      AND NOT EXISTS (
        SELECT FROM new_category_kpis AS n
        WHERE n.category = k.category AND n.order_date = k.order_date
      )
    """,
    """
    INSERT INTO category_kpis
      (category, order_date, daily_revenue, avg_order_value, avg_return_rate)
    SELECT category, order_date, daily_revenue, avg_order_value, avg_return_rate
    FROM new_category_kpis
    ON CONFLICT (category, order_date) DO UPDATE SET
      daily_revenue = excluded.daily_revenue,
      avg_order_value = excluded.avg_order_value,
      avg_return_rate = excluded.avg_return_rate
    """,
  ]
}
