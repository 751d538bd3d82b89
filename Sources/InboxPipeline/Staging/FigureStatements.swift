/// The SQL that recomputes the figures of the days in `touched_days`, whole, from the staged rows.
///
/// The same rules as `DailyFigures`, exact throughout: a rate or average is rounded half away from
/// zero once, by whole division: `(200 x sum + n) div (2 x n)` hundredths.
enum FigureStatements {
  /// In this order.
  static let all = [
    lock, items, deleteDays, insertDays, deleteCategories, insertCategories,
  ]

  /// Two writers of one day would each leave the categories that only the other one has.
  private static let lock = "LOCK TABLE order_kpis, category_kpis IN SHARE ROW EXCLUSIVE MODE"

  private static let items = """
    CREATE TEMPORARY TABLE day_items ON COMMIT DROP AS
    SELECT
      o.order_date,
      o.order_id,
      i.sale_price * i.quantity AS revenue,
      i.quantity,
      COALESCE(i.status, o.status) = 'returned' AS is_returned,
      COALESCE(p.category, 'Unknown') AS category
    FROM staging_orders AS o
    JOIN staging_order_items AS i ON i.order_id = o.order_id
    LEFT JOIN staging_products AS p ON p.product_id = i.product_id
    WHERE o.order_date IN (SELECT day FROM touched_days)
    """

  private static let deleteDays = """
    DELETE FROM order_kpis WHERE order_date IN (SELECT day FROM touched_days)
    """

  private static let insertDays = """
    INSERT INTO order_kpis
      (order_date, total_orders, total_revenue, total_items_sold, unique_customers, return_rate)
    SELECT
      o.order_date,
      o.orders,
      COALESCE(round(i.revenue, 2), 0),
      COALESCE(i.quantity, 0),
      o.customers,
      div(20000 * o.returned::numeric + o.orders, 2 * o.orders) / 100
    FROM (
      SELECT
        order_date,
        count(*) AS orders,
        count(DISTINCT NULLIF(user_id, '')) AS customers,
        count(*) FILTER (WHERE status = 'returned') AS returned
      FROM staging_orders
      WHERE order_date IN (SELECT day FROM touched_days)
      GROUP BY order_date
    ) AS o
    LEFT JOIN (
      SELECT order_date, sum(revenue) AS revenue, sum(quantity) AS quantity
      FROM day_items
      GROUP BY order_date
    ) AS i ON i.order_date = o.order_date
    """

  private static let deleteCategories = """
    DELETE FROM category_kpis WHERE order_date IN (SELECT day FROM touched_days)
    """

  private static let insertCategories = """
    INSERT INTO category_kpis
      (category, order_date, daily_revenue, avg_order_value, avg_return_rate)
    SELECT
      category,
      order_date,
      round(revenue, 2),
      div(200 * revenue + orders, 2 * orders) / 100,
      div(20000 * returned + quantity, 2 * quantity) / 100
    FROM (
      SELECT
        category,
        order_date,
        sum(revenue) AS revenue,
        count(DISTINCT order_id)::numeric AS orders,
        sum(quantity) AS quantity,
        COALESCE(sum(quantity) FILTER (WHERE is_returned), 0) AS returned
      FROM day_items
      GROUP BY category, order_date
    ) AS c
    """
}
