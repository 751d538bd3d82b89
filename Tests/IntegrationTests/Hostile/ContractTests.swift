import PostgresConnect
import TestSupport
import Testing

/// The tables have the columns that SPEC promises to analysts, in types and order.
@Suite struct ContractTests {
  private static let columns = [
    "raw_clicks": """
    event_id text, user_id text, product_id text, product_name text, product_category text, \
    product_price numeric(12,2), session_id text, device_type text, page_url text, \
    referrer text, event_timestamp timestamptz, ingested_at timestamptz
    """,
    "raw_checkouts": """
    event_id text, user_id text, session_id text, total_amount numeric(12,2), \
    payment_method text, items jsonb, shipping_address jsonb, event_timestamp timestamptz, \
    ingested_at timestamptz
    """,
    "attributed_checkouts": """
    checkout_id text, user_id text, checkout_timestamp timestamptz, attributed_click_id text, \
    attributed_product_id text, attributed_product_name text, attributed_category text, \
    traffic_source text, device_type text, first_click_timestamp timestamptz, \
    revenue numeric(12,2), attribution_window_seconds integer, clicks_in_window integer, \
    is_final boolean, revision integer, processed_at timestamptz
    """,
    "users": """
    user_id text, email text, first_name text, last_name text, registration_date timestamptz, \
    customer_segment text, lifetime_value numeric(12,2)
    """,
  ]

  @Test(arguments: columns)
  func `a table has the promised columns`(table: String, columns: String) throws {
    let connection = try PostgresConnection(TemporaryCluster.database())
    defer { connection.close() }
    let found = try connection.query(
      """
      SELECT attname || ' ' || replace(
        format_type(atttypid, atttypmod), 'timestamp with time zone', 'timestamptz')
      FROM pg_attribute
      WHERE attrelid = 'ecommerce.\(table)'::regclass AND attnum > 0 AND NOT attisdropped
      ORDER BY attnum
      """
    )
    #expect(found.compactMap { $0.first ?? nil }.joined(separator: ", ") == columns)
  }
}
