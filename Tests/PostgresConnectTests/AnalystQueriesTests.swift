import Connect
import Foundation
import PostgresConnect
import TestSupport
import Testing

@Suite struct AnalystQueriesTests {
  /// File and the rows it gives on `ShopFixture`.
  static let expectations: [(file: String, rows: [[String?]])] = [
    (
      "01_revenue_by_source",
      [
        ["google", "1", "100.00", "50.00"],
        ["direct", "1", "60.00", "30.00"],
        ["unattributed", "1", "40.00", "20.00"],
      ]
    ),
    (
      "02_time_to_purchase",
      [
        ["1. under 1 minute", "1", "60.00", "50.00"],
        ["4. 15 to 30 minutes", "1", "100.00", "50.00"],
      ]
    ),
    (
      "03_category_performance",
      [
        ["Home", "1", "1", "100.00", "100.00"],
        ["Books", "1", "1", "60.00", "60.00"],
      ]
    ),
    (
      "04_device_performance",
      [
        ["mobile", "1", "100.00", "100.00", "2.00"],
        ["desktop", "1", "60.00", "60.00", "1.00"],
      ]
    ),
    (
      "05_hourly_trend",
      [
        ["2026-11-21 08:00", "2", "160.00", "100.00"],
        ["2026-11-21 09:00", "1", "40.00", "0.00"],
      ]
    ),
    (
      "06_customer_segments",
      [
        ["premium", "1", "1", "100.00", "100.00"],
        ["new", "1", "1", "60.00", "60.00"],
        ["unknown", "1", "1", "40.00", "40.00"],
      ]
    ),
    (
      "07_top_products",
      [
        ["p1", "Lamp", "1", "100.00"],
        ["p2", "Book", "1", "60.00"],
      ]
    ),
    (
      "08_click_to_checkout_funnel",
      [
        ["users who clicked", "3", "100.00"],
        ["of these, users who checked out", "2", "66.67"],
        ["of these, users with an attributed checkout", "2", "66.67"],
      ]
    ),
    (
      "09_clicks_per_checkout",
      [
        ["0", "1", "40.00", "40.00"],
        ["1", "1", "60.00", "60.00"],
        ["2-3", "1", "100.00", "100.00"],
      ]
    ),
    (
      "10_pipeline_health",
      [
        [
          "0", "9", "1", "1", "0", "0", "clicks", "2026-11-21 08:35:00+00", "t", nil, nil, "0", "0",
          "0",
        ]
      ]
    ),
  ]

  @Test func `each query gives its rows, and every query is here`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute("UPDATE ecommerce.stream_progress SET committed_at = now()")
    for (file, rows) in Self.expectations {
      let query = try ShopFixture.sql("queries/\(file).sql")
      #expect(try shop.connection.query(query) == rows, "\(file)")
    }
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().appendingPathComponent("../../sql/queries")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(files == Self.expectations.map { "\($0.file).sql" })
  }

  @Test func `a stopped task is not flushed, and gaps are counted, their records if all tell`()
    throws
  {
    let shop = try ShopFixture()
    try shop.connection.execute(ShopFixture.progress(task: 1))
    try shop.connection.execute(
      """
      UPDATE stream_progress
      SET stopped_at = '2026-11-21 12:00Z', stop_reason = 'offsets 3 to 8 are gone'
      WHERE task = 0;
      UPDATE stream_progress SET committed_at = now();
      INSERT INTO log_gaps VALUES
        ('clicks', 0, '5', '8', 3, 'retention', now()),
        ('checkouts', 0, '5', '7', 2, 'retention', now()),
        ('clicks', 1, NULL, '20', NULL, 'retention', now())
      """
    )
    let query = try ShopFixture.sql("queries/10_pipeline_health.sql")
    #expect(
      try shop.connection.query(query).map { $0[8...] } == [
        ["f", "2026-11-21 12:00:00+00", "offsets 3 to 8 are gone", "2", "5", "0"],
        ["t", nil, nil, "1", nil, "0"],
      ]
    )
  }

  @Test func `the materialized views are brought up to date by one call`() throws {
    let shop = try ShopFixture()
    /// The rows, less the hash of their text, which is the last column.
    func rows(_ view: String, by column: String) throws -> [[String?]] {
      try shop.connection.query("SELECT * FROM \(view) ORDER BY \(column)").map { $0.dropLast() }
    }
    #expect(try rows("mv_revenue_by_source", by: "traffic_source").isEmpty)
    try shop.connection.execute("SELECT refresh_all_materialized_views()")
    #expect(
      try rows("mv_revenue_by_source", by: "traffic_source") == [
        ["direct", "1", "1", "60.00", "60.00", "30.00"],
        ["google", "1", "1", "100.00", "100.00", "50.00"],
        ["unattributed", "1", "1", "40.00", "40.00", "20.00"],
      ]
    )
    #expect(
      try rows("mv_category_performance", by: "category") == [
        ["Books", "1", "1", "1", "60.00", "60.00", "30.00"],
        ["Home", "1", "1", "1", "100.00", "100.00", "1200.00"],
      ]
    )
    #expect(
      try rows("mv_device_analysis", by: "device_type") == [
        ["desktop", "1", "1", "60.00", "60.00", "1.00", "30.00"],
        ["mobile", "1", "1", "100.00", "100.00", "2.00", "1200.00"],
      ]
    )
  }

  @Test func `attributed_checkouts has the columns of the contract`() throws {
    let shop = try ShopFixture()
    let rows = try shop.connection.query(
      "SELECT * FROM attributed_checkouts ORDER BY checkout_id"
    )
    #expect(
      rows[0] == [
        "k1", "u1", "2026-11-21 08:20:00+00", "c1", "p1", "Lamp", "Home", "google", "mobile",
        "2026-11-21 08:00:00+00", "100.00", "1200", "2", "t", "0", "2026-11-21 12:00:00+00",
      ]
    )
    let columns = try shop.connection.query(
      """
      SELECT column_name FROM information_schema.columns
      WHERE table_schema = 'ecommerce' AND table_name = 'attributed_checkouts'
      ORDER BY ordinal_position
      """
    )
    #expect(
      columns.compactMap(\.first).compactMap(\.self) == [
        "checkout_id", "user_id", "checkout_timestamp", "attributed_click_id",
        "attributed_product_id", "attributed_product_name", "attributed_category",
        "traffic_source", "device_type", "first_click_timestamp", "revenue",
        "attribution_window_seconds", "clicks_in_window", "is_final", "revision", "processed_at",
      ]
    )
  }
}
