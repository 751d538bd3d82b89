"""Makes the files of a shop for kpis.py: the same ones every time, with a little of everything that
cleaning is about. One order or item in 200 is sent a second time, a few hundred rows later.
"""

import duckdb

PRODUCTS, ORDERS, ITEMS, USERS = 30_000, 5_000_000, 12_000_000, 1_000_000
STATUSES = "['Complete', 'Shipped', 'Processing', 'Cancelled', 'Returned']"
CATEGORIES = [
    "Accessories", "Active", "Blazers & Jackets", "Clothing Sets", "Dresses",
    "Fashion Hoodies & Sweatshirts", "Intimates", "Jeans", "Jumpsuits & Rompers", "Leggings",
    "Maternity", "Outerwear & Coats", "Pants", "Pants & Capris", "Plus", "Shorts", "Skirts",
    "Sleep & Lounge", "Socks", "Socks & Hosiery", "Suits", "Suits & Sport Coats", "Sweaters", "Swim",
    "Tops & Tees", "Underwear",
]


def make(directory, scale):
    """Writes products.csv, orders.csv and order_items.csv, 2 GB at scale 1."""
    directory.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    # A number below `bound` that depends on a row and on what it is for.
    connection.execute(
        """
        CREATE MACRO pick(i, purpose, bound) AS (hash(i * 1000 + purpose) % bound)::BIGINT;
        CREATE MACRO moment(i, seconds) AS strftime(
          TIMESTAMP '2024-01-01' + to_seconds(pick(i, 9, 31_536_000) + seconds),
          '%Y-%m-%d %H:%M:%S UTC'
        );
        CREATE MACRO status(i) AS (CAST(? AS VARCHAR[]))[1 + pick(i, 4, 5)];
        """.replace("CAST(? AS VARCHAR[])", STATUSES)
    )
    counts = {
        "products": int(PRODUCTS * scale),
        "orders": int(ORDERS * scale),
        "items": int(ITEMS * scale),
        "users": max(int(USERS * scale), 1),
        "categories": str(CATEGORIES),
    }
    for name, query in [("products", PRODUCT_ROWS), ("orders", ORDER_ROWS), ("order_items", ITEM_ROWS)]:
        query = query.format(**counts)
        connection.execute(f"COPY ({query}) TO '{directory / name}.part' (FORMAT csv, HEADER)")
        (directory / f"{name}.part").rename(directory / f"{name}.csv")


PRODUCT_ROWS = """
  SELECT
    i AS id,
    upper(md5(i::VARCHAR)) AS sku,
    (CASE WHEN pick(i, 1, 300) = 0 THEN 0 ELSE 100 + pick(i, 2, 9000) END / 100)::DECIMAL(12, 2)
      AS cost,
    ({categories})[1 + pick(i, 3, 26)] AS category,
    'Product number ' || i AS name,
    'Brand ' || i % 700 AS brand,
    ((1000 + pick(i, 5, 20_000)) / 100)::DECIMAL(12, 2) AS retail_price,
    CASE WHEN i % 2 = 0 THEN 'Men' ELSE 'Women' END AS department
  FROM range(1, {products} + 1) AS t(i)
  ORDER BY i
  """

# Row i tells of order j: itself, or one before it.
ORDER_ROWS = """
  SELECT
    j AS order_id,
    1 + pick(j, 6, {users}) AS user_id,
    status(j) AS status,
    CASE WHEN pick(j, 7, 500) = 0 THEN 'unknown' ELSE moment(j, 0) END AS created_at,
    CASE WHEN status(j) = 'Returned' THEN moment(j, 900_000) END AS returned_at,
    CASE WHEN status(j) <> 'Processing' THEN moment(j, 90_000) END AS shipped_at,
    CASE WHEN status(j) IN ('Complete', 'Returned') THEN moment(j, 400_000) END AS delivered_at,
    CASE WHEN pick(j, 8, 500) = 0 THEN 0 ELSE 1 + pick(j, 10, 4) END AS num_of_item
  FROM (
    SELECT i, CASE WHEN i % 200 = 0 THEN greatest(i - 1 - pick(i, 11, 300), 1) ELSE i END AS j
    FROM range(1, {orders} + 1) AS t(i)
  )
  ORDER BY i
  """

ITEM_ROWS = """
  SELECT
    j AS id,
    o AS order_id,
    1 + pick(o, 6, {users}) AS user_id,
    CASE WHEN pick(j, 12, 1000) > 0 THEN 1 + pick(j, 13, {products}) END AS product_id,
    status(o) AS status,
    moment(o, 0) AS created_at,
    CASE WHEN status(o) <> 'Processing' THEN moment(o, 90_000) END AS shipped_at,
    CASE WHEN status(o) IN ('Complete', 'Returned') THEN moment(o, 400_000) END AS delivered_at,
    CASE WHEN status(o) = 'Returned' THEN moment(o, 900_000) END AS returned_at,
    (CASE WHEN pick(j, 14, 1000) = 0 THEN 0 ELSE 500 + pick(j, 15, 30_000) END / 100)::DECIMAL(12, 2)
      AS sale_price
  FROM (
    SELECT i, j, 1 + j * {orders} // ({items} + 1) AS o
    FROM (
      SELECT i, CASE WHEN i % 200 = 0 THEN greatest(i - 1 - pick(i, 16, 300), 1) ELSE i END AS j
      FROM range(1, {items} + 1) AS t(i)
    )
  )
  ORDER BY i
  """
