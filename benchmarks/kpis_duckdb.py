"""The KPIs by DuckDB: kpis_duckdb.py INPUT OUTPUT. The fastest way found to write them in its SQL.

Copies of a row are equal in this input, so it need not be told which one to keep.
"""

import sys

import duckdb

TEXT, NUMBER, AMOUNT = "VARCHAR", "BIGINT", "DECIMAL(12, 2)"


def table(file, /, **columns):
    return f"read_csv('{sys.argv[1]}/{file}.csv', header = true, columns = {columns})"


PRODUCTS = table(
    "products", id=NUMBER, sku=TEXT, cost=AMOUNT, category=TEXT, name=TEXT, brand=TEXT,
    retail_price=AMOUNT, department=TEXT,
)
ORDERS = table(
    "orders", order_id=NUMBER, user_id=NUMBER, status=TEXT, created_at=TEXT, returned_at=TEXT,
    shipped_at=TEXT, delivered_at=TEXT, num_of_item=NUMBER,
)
ITEMS = table(
    "order_items", id=NUMBER, order_id=NUMBER, user_id=NUMBER, product_id=NUMBER, status=TEXT,
    created_at=TEXT, shipped_at=TEXT, delivered_at=TEXT, returned_at=TEXT, sale_price=AMOUNT,
)

connection = duckdb.connect()
connection.execute("SET preserve_insertion_order = false")
connection.execute(
    f"""
    CREATE TABLE products AS
    SELECT DISTINCT ON (id) id, coalesce(nullif(trim(category), ''), 'Unknown') AS category
    FROM {PRODUCTS}
    WHERE cost > 0 AND retail_price > 0;

    CREATE TABLE orders AS
    SELECT DISTINCT ON (order_id) order_id, user_id, day, is_returned
    FROM (
      SELECT order_id, user_id, lower(trim(status)) = 'returned' AS is_returned,
        try_cast(left(created_at, 19) AS TIMESTAMP)::DATE AS day
      FROM {ORDERS}
      WHERE num_of_item <> 0
    )
    WHERE day IS NOT NULL;

    CREATE TABLE items AS
    SELECT o.day, i.order_id, coalesce(p.category, 'Unknown') AS category, i.is_returned,
      (i.sale_price * 100)::BIGINT AS hundredths
    FROM (
      SELECT DISTINCT ON (id) id, order_id, product_id, sale_price,
        lower(trim(status)) = 'returned' AS is_returned
      FROM {ITEMS}
      WHERE product_id IS NOT NULL AND sale_price > 0
    ) AS i
    JOIN orders AS o ON o.order_id = i.order_id
    LEFT JOIN products AS p ON p.id = i.product_id;

    -- Hundredths, rounded half up by whole division: exact.
    CREATE MACRO rounded(part, n) AS (((2 * part + n) // (2 * n)) / 100)::DECIMAL(18, 2);

    COPY (
      SELECT o.day AS order_date, total_orders,
        (coalesce(hundredths, 0) / 100)::DECIMAL(18, 2) AS total_revenue,
        coalesce(items, 0) AS total_items_sold, unique_customers,
        rounded(10_000 * returned, total_orders) AS return_rate
      FROM (
        SELECT day, count(*) AS total_orders, count(DISTINCT user_id) AS unique_customers,
          count(*) FILTER (is_returned) AS returned
        FROM orders GROUP BY day
      ) AS o
      LEFT JOIN (
        SELECT day, sum(hundredths)::BIGINT AS hundredths, count(*) AS items FROM items GROUP BY day
      ) AS i ON i.day = o.day
      ORDER BY o.day
    ) TO '{sys.argv[2]}/order_kpis.csv' (HEADER);

    COPY (
      SELECT category, day AS order_date, (hundredths / 100)::DECIMAL(18, 2) AS daily_revenue,
        rounded(hundredths, orders) AS avg_order_value,
        rounded(10_000 * returned, items) AS avg_return_rate
      FROM (
        SELECT category, day, sum(hundredths)::BIGINT AS hundredths,
          count(DISTINCT order_id) AS orders, count(*) AS items,
          count(*) FILTER (is_returned) AS returned
        FROM items GROUP BY category, day
      )
      ORDER BY order_date, category
    ) TO '{sys.argv[2]}/category_kpis.csv' (HEADER);
    """
)
