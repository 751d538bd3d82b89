import OrderKPIs
import PostgresConnect

/// The figures as plain SQL makes them from the files' cells, loaded as text.
///
/// Written from the rules, without a look at the program's way to follow them.
struct GoldenSQL {
  let connection: PostgresConnection

  init(on connection: PostgresConnection) throws {
    self.connection = connection
    try connection.execute(Self.functions)
  }

  /// Figures as the lines of both CSV files.
  func lines(_ shop: RandomShop, _ shape: TableShape.Name) throws -> [String] {
    try load([shop.products], as: "products_text")
    try load(shop.orders, as: "orders_text")
    try load(shop.orderItems, as: "items_text")
    try connection.execute(shape == .a ? Self.cleanA : Self.cleanB)
    try connection.execute(Self.join)
    let days = try connection.query(Self.days).compactMap { $0[0] }
    let categories = try connection.query(Self.categories).compactMap { $0[0] }
    return [
      "order_date,total_orders,total_revenue,total_items_sold,unique_customers,return_rate"
    ] + days + ["category,order_date,daily_revenue,avg_order_value,avg_return_rate"] + categories
  }

  /// How many rows of a table of `functions` there are.
  func count(_ sql: String) throws -> Int {
    try connection.query(sql).first?.first.flatMap { $0 }.flatMap { Int($0) } ?? -1
  }

  private func load(_ tables: [CSVText], as name: String) throws {
    let columns = tables[0].columns
    try connection.execute(
      "CREATE TEMPORARY TABLE \(name) (place bigserial, "
        + columns.map { "\($0) text" }.joined(separator: ", ") + ")"
    )
    for table in tables {
      try connection.copyIn(
        "COPY \(name) (\(columns.joined(separator: ", "))) FROM STDIN (FORMAT csv, HEADER true)"
      )
      try connection.send(Array(table.text().utf8))
      try connection.finishCopy()
    }
  }

  private static let functions = #"""
    CREATE FUNCTION pg_temp.cell(t text) RETURNS text LANGUAGE sql AS
      $$ SELECT btrim(coalesce(t, ''), E' \t\n\r\v\f') $$;

    CREATE FUNCTION pg_temp.number(t text) RETURNS numeric LANGUAGE sql AS $$
      SELECT CASE
        WHEN pg_temp.cell(t) ~ '^[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?$'
        THEN pg_temp.cell(t)::numeric
      END
    $$;

    CREATE FUNCTION pg_temp.moment(t text) RETURNS timestamptz LANGUAGE plpgsql AS $$
    DECLARE
      clock text := '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]';
      parts text[];
    BEGIN
      parts := regexp_match(
        pg_temp.cell(t),
        '^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ](' || clock
          || ')(\.[0-9]{1,9})?( UTC|Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?$'
      );
      IF parts IS NULL THEN RETURN NULL; END IF;
      -- parts[3] is the group of the hour; digits beyond microseconds do not count.
      RETURN (
        parts[1] || ' ' || coalesce(parts[2], '00:00:00') || coalesce(left(parts[4], 7), '')
        || CASE WHEN coalesce(parts[5], '') IN ('', ' UTC', 'Z') THEN '+00' ELSE parts[5] END
      )::timestamptz;
    EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
      RETURN NULL;
    END
    $$;
    """#

  private static let cleanA = """
    CREATE TEMPORARY TABLE p AS
    SELECT DISTINCT ON (id) id, category
    FROM (
      SELECT place, pg_temp.cell(id) AS id,
        coalesce(nullif(pg_temp.cell(category), ''), 'Unknown') AS category
      FROM products_text
      WHERE pg_temp.number(cost) > 0 AND pg_temp.number(retail_price) > 0
    ) AS c
    WHERE id <> ''
    ORDER BY id, place;

    CREATE TEMPORARY TABLE o AS
    SELECT DISTINCT ON (id) id, user_id, day, status = 'returned' AS is_returned
    FROM (
      SELECT place, pg_temp.cell(order_id) AS id, nullif(pg_temp.cell(user_id), '') AS user_id,
        (pg_temp.moment(created_at) AT TIME ZONE 'UTC')::date AS day,
        lower(pg_temp.cell(status)) AS status
      FROM orders_text
      WHERE pg_temp.number(num_of_item) IS DISTINCT FROM 0
    ) AS c
    WHERE id <> '' AND day IS NOT NULL
    ORDER BY id, place;

    CREATE TEMPORARY TABLE i AS
    SELECT DISTINCT ON (id) id, order_id, product_id, revenue, 1::bigint AS quantity,
      status = 'returned' AS is_returned
    FROM (
      SELECT place, pg_temp.cell(id) AS id, pg_temp.cell(order_id) AS order_id,
        pg_temp.cell(product_id) AS product_id, pg_temp.number(sale_price) AS revenue,
        lower(pg_temp.cell(status)) AS status
      FROM items_text
    ) AS c
    WHERE id <> '' AND product_id <> '' AND revenue > 0
    ORDER BY id, place
    """

  private static let cleanB = """
    CREATE TEMPORARY TABLE p AS
    SELECT DISTINCT ON (id) id, category
    FROM (
      SELECT place, pg_temp.cell(product_id) AS id,
        coalesce(nullif(pg_temp.cell(category), ''), 'Unknown') AS category
      FROM products_text
      WHERE pg_temp.number(price) > 0
    ) AS c
    WHERE id <> ''
    ORDER BY id, place;

    CREATE TEMPORARY TABLE o AS
    SELECT DISTINCT ON (id) id, user_id, day, status = 'returned' AS is_returned
    FROM (
      SELECT place, pg_temp.cell(order_id) AS id, nullif(pg_temp.cell(user_id), '') AS user_id,
        (pg_temp.moment(order_date) AT TIME ZONE 'UTC')::date AS day,
        lower(pg_temp.cell(status)) AS status
      FROM orders_text
    ) AS c
    WHERE id <> '' AND day IS NOT NULL
    ORDER BY id, place;

    CREATE TEMPORARY TABLE i AS
    SELECT DISTINCT ON (order_id, product_id) order_id, product_id, unit_price * quantity AS revenue,
      quantity::bigint AS quantity, NULL::boolean AS is_returned
    FROM (
      SELECT place, pg_temp.cell(order_id) AS order_id, pg_temp.cell(product_id) AS product_id,
        pg_temp.number(unit_price) AS unit_price, pg_temp.number(quantity) AS quantity
      FROM items_text
    ) AS c
    WHERE product_id <> '' AND unit_price > 0 AND quantity > 0 AND quantity = trunc(quantity)
    ORDER BY order_id, product_id, place
    """

  private static let join = """
    CREATE TEMPORARY TABLE j AS
    SELECT o.day, i.order_id, coalesce(p.category, 'Unknown') AS category, i.revenue, i.quantity,
      coalesce(i.is_returned, o.is_returned) AS is_returned
    FROM i
    JOIN o ON o.id = i.order_id
    LEFT JOIN p ON p.id = i.product_id
    """

  private static let days = """
    SELECT concat_ws(',', day, orders, round(coalesce(revenue, 0), 2), coalesce(items, 0), customers,
      round(returned * 100 / orders::numeric, 2))
    FROM (
      SELECT day, count(*) AS orders, count(DISTINCT user_id) AS customers,
        count(*) FILTER (WHERE is_returned) AS returned
      FROM o GROUP BY day
    ) AS a
    LEFT JOIN (
      SELECT day, sum(revenue) AS revenue, sum(quantity) AS items FROM j GROUP BY day
    ) AS b USING (day)
    ORDER BY day
    """

  private static let categories = """
    SELECT concat_ws(
      ',',
      CASE
        WHEN category ~ '[,"]' THEN '"' || replace(category, '"', '""') || '"' ELSE category
      END,
      day,
      round(sum(revenue), 2),
      round(sum(revenue) / count(DISTINCT order_id), 2),
      round(coalesce(sum(quantity) FILTER (WHERE is_returned), 0) * 100 / sum(quantity), 2)
    )
    FROM j
    GROUP BY category, day
    ORDER BY day, category COLLATE "C"
    """
}
