import Connect
import SQLFiles
import TestSupport
import Testing

@testable import PostgresConnect

/// The summaries of texts that no index holds: more than 2,704 bytes that do not compress.
@Suite struct SummaryTests {
  private static let refresh = "SELECT refresh_all_materialized_views()"
  /// Of each summary the text it groups by, and how the other rows name it.
  private static let summaries = [
    (view: "mv_revenue_by_source", column: "traffic_source", other: "direct"),
    (view: "mv_category_performance", column: "category", other: "Books"),
    (view: "mv_device_analysis", column: "device_type", other: "desktop"),
  ]

  private static func longText(seed: UInt64) -> String {
    var random = SplitMix64(seed: seed)
    let characters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    return String((0..<4096).compactMap { _ in characters.randomElement(using: &random) })
  }

  /// Gives the checkout k1 these texts of its first click.
  private func setTexts(_ text: String, on connection: PostgresConnection) throws {
    _ = try connection.query(
      """
      UPDATE attributions SET referrer = $1, product_category = $1, device_type = $1
      WHERE checkout_id = 'k1'
      """,
      [text]
    )
  }

  /// Revenue by the text that a summary groups by.
  private func revenue(
    _ view: String,
    by column: String,
    on connection: PostgresConnection
  ) throws -> [String: String] {
    let rows = try connection.query("SELECT \(column), revenue FROM \(view)")
    return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "NULL", $0[1] ?? "NULL") })
  }

  @Test func `texts of any length are kept whole, and refreshed again and again`() throws {
    let shop = try ShopFixture()
    let first = Self.longText(seed: 1)
    for text in [first, first, first + "x", Self.longText(seed: 2), "short", "", first] {
      try setTexts(text, on: shop.connection)
      try shop.connection.execute(Self.refresh)
      for (view, column, other) in Self.summaries {
        var revenue = try revenue(view, by: column, on: shop.connection)
        #expect(revenue.removeValue(forKey: text) == "100.00", "\(view)")
        #expect(revenue.removeValue(forKey: other) == "60.00", "\(view)")
        #expect(revenue == (view == "mv_revenue_by_source" ? ["unattributed": "40.00"] : [:]))
      }
    }
  }

  @Test func `a database whose refresh failed is mended, and who could read still can`() throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    let former = Array(SQLFiles.migrations.prefix { $0.name != "long_texts" })
    _ = try Migrations(on: connection, migrations: former).apply()
    try connection.execute(ShopFixture.rows)
    let reader = "reader_\(UInt32.random(in: 0...UInt32.max))"
    try connection.execute("CREATE ROLE \(reader); GRANT USAGE ON SCHEMA ecommerce TO \(reader)")
    for (view, _, _) in Self.summaries {
      try connection.execute("GRANT SELECT ON \(view) TO \(reader)")
    }
    try setTexts(Self.longText(seed: 3), on: connection)
    let error = #expect(throws: ConnectorError.self) { try connection.execute(Self.refresh) }
    #expect(error?.message.contains("SQLSTATE 54000") == true)

    _ = try Migrations(on: connection).apply()
    for role in [reader, "firstclick_analyst"] {
      try connection.execute("SET ROLE \(role)")
      for (view, column, _) in Self.summaries {
        #expect(try revenue(view, by: column, on: connection)[Self.longText(seed: 3)] == "100.00")
      }
      try connection.execute("RESET ROLE")
    }
    try connection.execute("SET ROLE firstclick_writer; \(Self.refresh)")
  }

  @Test func `a view over a summary is not dropped with it`() throws {
    let connection = try PostgresConnection(TemporaryCluster.emptyDatabase())
    let former = Array(SQLFiles.migrations.prefix { $0.name != "long_texts" })
    _ = try Migrations(on: connection, migrations: former).apply()
    try connection.execute("CREATE VIEW public.mine AS SELECT * FROM ecommerce.mv_device_analysis")
    let error = #expect(throws: ConnectorError.self) { try Migrations(on: connection).apply() }
    #expect(error?.message.contains("(SQLSTATE 2BP01") == true)
    #expect(
      error?.hint
        == "Something of your own is made of it: drop that, migrate, and make it again."
    )
    try connection.execute("DROP VIEW public.mine")
    #expect(try Migrations(on: connection).apply().version == Migrations.newestVersion)
  }
}
