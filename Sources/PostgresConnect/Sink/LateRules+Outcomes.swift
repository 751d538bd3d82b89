import Connect
import Events

/// What became of the staged late events, and its being written.
extension LateRules {
  /// Stores the raw rows, brings the answers up to date and lists the late events.
  func finish(on connection: PostgresConnection) throws(ConnectorError) -> Remaining {
    let counts = try connection.query(
      Self.rawRows + Self.newAnswers + Self.replacement + outcomes + Self.remaining
    )
    let numbers = (counts.first ?? []).map { $0.flatMap { Int64($0) } ?? 0 }
    guard numbers.count == 4 else {
      throw ConnectorError(.permanent, "expected 4 counts of late events, found \(numbers.count)")
    }
    return Remaining(clicks: (numbers[0], numbers[1]), checkouts: (numbers[2], numbers[3]))
  }

  private static let rawRows: String = {
    let clicks = ClickRecord.columns.joined(separator: ", ")
    let checkouts = CheckoutRecord.columns.joined(separator: ", ")
    return """
      INSERT INTO \(ClickRecord.table) (\(clicks)) SELECT \(clicks) FROM pg_temp.late_clicks;
      INSERT INTO \(CheckoutRecord.table) (\(checkouts))
      SELECT \(checkouts) FROM pg_temp.late_checkouts;

      """
  }()

  private var outcomes: String {
    [("clicks", StagingTables.lateClicks), ("checkouts", StagingTables.lateCheckouts)]
      .map { stream, table in
        """
        INSERT INTO ecommerce.late_events
        SELECT '\(stream)', event_id, user_id, event_timestamp, \(task), log_offset, watermark,
          CASE
            WHEN is_dropped THEN 'dropped'
            WHEN restated > 0 THEN 'restated'
            ELSE 'no_change'
          END,
          restated, clock_timestamp()
        FROM \(table);

        """
      }.joined()
  }

  private static let remaining = """
    SELECT
      (SELECT count(*) FROM pg_temp.late_clicks),
      (SELECT count(*) FROM pg_temp.late_clicks WHERE is_dropped),
      (SELECT count(*) FROM pg_temp.late_checkouts),
      (SELECT count(*) FROM pg_temp.late_checkouts WHERE is_dropped)
    """
}
