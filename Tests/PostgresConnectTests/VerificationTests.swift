import Connect
import PostgresConnect
import TestSupport
import Testing

@Suite struct VerificationTests {
  @Test func `right answers hold and every record is accounted for`() throws {
    let report = try Verification(of: ShopFixture().address).run()
    #expect(report.holds)
    #expect(
      report.lines == [
        "checkouts: 3 expected, 2 of them attributed",
        "differences: 0 (0 missing, 0 unexpected, 0 different)",
        "clicks: 6 read = 4 stored + 1 duplicates + 1 dead letters",
        "checkouts: 3 read = 3 stored + 0 duplicates + 0 dead letters",
        "verified: attributed_checkouts is what the rule says",
      ]
    )
  }

  @Test func `an empty database holds`() throws {
    let report = try Verification(of: TemporaryCluster.database()).run()
    #expect(report.holds)
    #expect(
      report.lines == [
        "checkouts: 0 expected, 0 of them attributed",
        "differences: 0 (0 missing, 0 unexpected, 0 different)",
        "clicks: 0 read = 0 stored + 0 duplicates + 0 dead letters",
        "checkouts: 0 read = 0 stored + 0 duplicates + 0 dead letters",
        "verified: attributed_checkouts is what the rule says",
      ]
    )
  }

  /// Whatever is left without the lines that account for it.
  @Test(arguments: ["raw_clicks", "raw_checkouts", "attributions", "late_events", "dead_letters"])
  func `rows without any line do not hold`(kept: String) throws {
    let shop = try ShopFixture()
    let others = ["raw_clicks", "raw_checkouts", "attributions", "dead_letters"]
      .filter { $0 != kept }
    try shop.connection.execute(
      """
      INSERT INTO late_events VALUES
        ('clicks', 'c1', 'u1', '2026-11-21 08:00Z', 0, 0, '2026-11-21 09:10Z', 'dropped', 0, now());
      TRUNCATE stream_progress, \(others.joined(separator: ", "))
      """
    )
    if kept != "late_events" { try shop.connection.execute("DELETE FROM late_events") }
    #expect(try !Verification(of: shop.address).run().holds)
  }

  /// A change to the shop's rows, and the lines that tell of it.
  static let damages: [(sql: String, lines: [String])] = [
    (
      "DELETE FROM attributions WHERE checkout_id = 'k1'",
      ["differences: 1 (1 missing, 0 unexpected, 0 different)", "  k1: missing"]
    ),
    (
      "INSERT INTO attributions SELECT 'k9', 'u9', checkout_timestamp, revenue, click_id, "
        + "click_timestamp, product_id, product_name, product_category, referrer, device_type, "
        + "clicks_in_window, task, revision, processed_at FROM attributions WHERE user_id = 'u1'",
      ["differences: 1 (0 missing, 1 unexpected, 0 different)", "  k9: unexpected"]
    ),
    (
      "UPDATE attributions SET click_id = 'c2', click_timestamp = '2026-11-21 08:10Z' "
        + "WHERE checkout_id = 'k1'",
      [
        "differences: 1 (0 missing, 0 unexpected, 1 different)",
        "  k1: attributed_click_id is c2, expected c1",
        "  k1: attribution_window_seconds is 600, expected 1200",
        "  k1: first_click_timestamp is 2026-11-21T08:10:00+00:00, "
          + "expected 2026-11-21T08:00:00+00:00",
      ]
    ),
    (
      "UPDATE attributions SET clicks_in_window = 7 WHERE checkout_id = 'k2'",
      [
        "differences: 1 (0 missing, 0 unexpected, 1 different)",
        "  k2: clicks_in_window is 7, expected 1",
      ]
    ),
    (
      "UPDATE attributions SET revenue = 60.01 WHERE checkout_id = 'k2'",
      [
        "differences: 1 (0 missing, 0 unexpected, 1 different)",
        "  k2: revenue is 60.01, expected 60.00",
      ]
    ),
    (
      "DELETE FROM dead_letters",
      [
        "differences: 0 (0 missing, 0 unexpected, 0 different)",
        "clicks: 6 read = 4 stored + 1 duplicates + 1 dead letters DOES NOT ADD UP: "
          + "raw_clicks holds 4 rows, dead_letters 0",
      ]
    ),
  ]

  @Test(arguments: damages.indices)
  func `a wrong row is found and told by column`(index: Int) throws {
    let shop = try ShopFixture()
    let (sql, lines) = Self.damages[index]
    try shop.connection.execute(sql)
    let report = try Verification(of: shop.address).run()
    #expect(!report.holds)
    let kept =
      report.lines.filter { $0.hasPrefix("differences") || $0.hasPrefix("  ") }
      + report.lines.filter { $0.contains("DOES NOT") }
    #expect(kept == lines)
  }

  @Test func `what late_events lists as dropped has no part in the rule`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute(
      """
      INSERT INTO late_events VALUES
        ('clicks', 'c1', 'u1', '2026-11-21 08:00Z', 0, 0, '2026-11-21 09:10Z', 'dropped', 0, now()),
        ('checkouts', 'k2', 'u2', '2026-11-21 08:30:30Z', 0, 0, '2026-11-21 09:10Z', 'dropped', 0,
          now());
      UPDATE stream_progress
      SET clicks_late = 1, clicks_late_dropped = 1, checkouts_late = 1, checkouts_late_dropped = 1;
      DELETE FROM attributions WHERE checkout_id = 'k2';
      UPDATE attributions
      SET click_id = 'c2', click_timestamp = '2026-11-21 08:10Z', product_id = 'p2',
        product_name = 'Book', product_category = 'Books', referrer = 'email',
        device_type = 'desktop', clicks_in_window = 1
      WHERE checkout_id = 'k1'
      """
    )
    #expect(try Verification(of: shop.address).run().lines.last?.hasPrefix("verified") == true)
  }

  @Test func `final rows only: a checkout may wait for its watermark, not longer`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute(
      """
      DELETE FROM attributions WHERE checkout_id = 'k3';
      UPDATE stream_progress
      SET emission = 'final', is_flushed = false, watermark = '2026-11-21 08:35Z'
      """
    )
    let waiting = try Verification(of: shop.address).run()
    #expect(waiting.holds)
    #expect(waiting.figures.pending == 1)
    try shop.connection.execute("UPDATE stream_progress SET watermark = '2026-11-21 09:00:01Z'")
    #expect(try Verification(of: shop.address).run().figures.missing == 1)
  }

  @Test func `early rows may count fewer clicks until they are final`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute(
      """
      UPDATE attributions SET clicks_in_window = 1;
      UPDATE attributions SET clicks_in_window = 0 WHERE checkout_id = 'k3';
      UPDATE stream_progress SET is_flushed = false, watermark = '2026-11-21 08:20Z'
      """
    )
    #expect(try Verification(of: shop.address).run().holds)
    try shop.connection.execute("UPDATE stream_progress SET watermark = '2026-11-21 08:20:01Z'")
    #expect(try Verification(of: shop.address).run().figures.different == 1)
  }

  @Test func `an early row that differs otherwise is not told for its count of clicks`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute(
      """
      UPDATE attributions SET clicks_in_window = 1, revenue = 100.01 WHERE checkout_id = 'k1';
      UPDATE stream_progress SET is_flushed = false, watermark = '2026-11-21 08:20Z'
      """
    )
    let report = try Verification(of: shop.address).run()
    let told = report.lines.filter { $0.hasPrefix("differences") || $0.hasPrefix("  ") }
    #expect(
      told == [
        "differences: 1 (0 missing, 0 unexpected, 1 different)",
        "  k1: revenue is 100.01, expected 100.00",
      ]
    )
  }

  @Test func `different windows are refused`() throws {
    let shop = try ShopFixture()
    try shop.connection.execute(ShopFixture.progress(task: 1))
    try shop.connection.execute("UPDATE stream_progress SET window_seconds = 60 WHERE task = 1")
    let error = #expect(throws: ConnectorError.self) { try Verification(of: shop.address).run() }
    #expect(error?.message.contains("different windows: 60, 3600 seconds") == true)
  }

  /// Few users, whole seconds, ties, and times exactly a window apart.
  @Test(arguments: [0, 1, 7, 60])
  func `the rule by number gives the rows of the rule`(window: Int) throws {
    let shop = try ShopFixture()
    try shop.connection.execute(
      """
      SELECT setseed(0.25);
      SELECT ensure_day_partitions(ARRAY['1969-12-31', '1970-01-01']::date[]);
      INSERT INTO raw_clicks (event_id, user_id, product_id, event_timestamp, ingested_at)
      SELECT 'x' || i, 'v' || i % 5, 'p', to_timestamp(floor(random() * 400) - 200), now()
      FROM generate_series(1, 1000) AS i;
      INSERT INTO raw_checkouts (event_id, user_id, total_amount, event_timestamp, ingested_at)
      SELECT 'y' || i, 'v' || i % 6, i, to_timestamp(floor(random() * 400) - 200), now()
      FROM generate_series(1, 500) AS i;
      INSERT INTO late_events
      SELECT 'clicks', event_id, user_id, event_timestamp, 0, 0, now(), 'dropped', 0, now()
      FROM raw_clicks WHERE event_id IN (SELECT 'x' || i FROM generate_series(1, 1000, 9) AS i);
      UPDATE stream_progress SET window_seconds = \(window);
      BEGIN
      """
    )
    try shop.connection.execute(ShopFixture.sql("verify/rule.sql"))
    try shop.connection.execute("ALTER TABLE expected RENAME TO listed")
    try shop.connection.execute(ShopFixture.sql("verify/rule_by_number.sql"))
    #expect(try shop.connection.query("SELECT count(*) FROM listed") == [["503"]])
    #expect(
      try shop.connection.query(
        """
        (SELECT * FROM listed EXCEPT ALL SELECT * FROM expected)
        UNION ALL (SELECT * FROM expected EXCEPT ALL SELECT * FROM listed)
        """
      ).isEmpty
    )
    // The bucket leaves nothing out: the rule once more, without it.
    #expect(
      try shop.connection.query(
        """
        SELECT k.event_id, count(c.event_id)
        FROM raw_checkouts AS k
        LEFT JOIN raw_clicks AS c
          ON c.user_id = k.user_id
          AND c.event_timestamp
            BETWEEN k.event_timestamp - \(window) * interval '1 second' AND k.event_timestamp
          AND c.event_id NOT IN (SELECT event_id COLLATE "default" FROM late_events)
        GROUP BY k.event_id
        EXCEPT SELECT checkout_id, clicks_in_window FROM listed
        """
      ).isEmpty
    )
  }
}
