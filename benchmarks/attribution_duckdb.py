"""First clicks by DuckDB: attribution_duckdb.py FORM INPUT OUTPUT. The fastest way found to write the
rule in its SQL: the earliest click from an hour before the checkout on, if it is not after it.

Two clicks of a user at the same time, of which the smaller event_id is first, are not in this input.
"""

import sys

import duckdb

form, source, target = sys.argv[1:]
CLICKS = {
    "event_id": "VARCHAR", "user_id": "VARCHAR", "timestamp": "TIMESTAMP", "product_id": "VARCHAR",
    "product_name": "VARCHAR", "product_category": "VARCHAR", "device_type": "VARCHAR",
    "referrer": "VARCHAR",
}
CHECKOUTS = {
    "event_id": "VARCHAR", "user_id": "VARCHAR", "timestamp": "TIMESTAMP",
    "total_amount": "DECIMAL(12, 2)",
}
FIRST = "c.timestamp <= k.timestamp"


def table(kind, columns):
    if form == "jsonl":
        files = f"{source}/jsonl/{kind}/*.jsonl"
        return f"read_json('{files}', format = 'newline_delimited', columns = {columns})"
    return f"read_csv('{source}/csv/{kind}/*.csv', header = true, types = {columns})"


connection = duckdb.connect()
connection.execute("SET preserve_insertion_order = false")
connection.execute(
    f"""
    COPY (
      SELECT k.event_id AS checkout_id, k.user_id, k.timestamp AS checkout_timestamp,
        CASE WHEN {FIRST} THEN c.event_id END AS attributed_click_id,
        CASE WHEN {FIRST} THEN c.timestamp END AS first_click_timestamp,
        k.total_amount AS revenue,
        CASE WHEN {FIRST} THEN c.product_id END AS product_id,
        CASE WHEN {FIRST} THEN c.product_name END AS product_name,
        CASE WHEN {FIRST} THEN c.product_category END AS category,
        CASE WHEN {FIRST} THEN c.referrer END AS traffic_source,
        CASE WHEN {FIRST} THEN c.device_type END AS device_type
      FROM {table("checkouts", CHECKOUTS)} AS k
      ASOF LEFT JOIN {table("clicks", CLICKS)} AS c
        ON c.user_id = k.user_id AND c.timestamp >= k.timestamp - INTERVAL 1 HOUR
    ) TO '{target}' (HEADER)
    """
)
