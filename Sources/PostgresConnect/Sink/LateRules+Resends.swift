import Attribution
import Connect
import Dataflow
import Events

/// Late events that are stored already, and are taken out before the others are settled.
extension LateRules {
  /// Takes resends out of the staging tables and of the recent events.
  func takeBack(
    _ resends: String,
    from epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) {
    let rows = try connection.query(resends)
    epoch.recent.withLock {
      epoch.lateClicks.takeBack(offsets: Self.numbers(of: .clicks, in: rows))
      epoch.lateCheckouts.takeBack(offsets: Self.numbers(of: .checkouts, in: rows))
    }
  }

  /// As above, of late events that are not staged.
  ///
  /// - Returns: whether there are any.
  func takeBackStored(
    from epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> Bool {
    let clicks = epoch.lateClicks.storedKeys()
    let checkouts = epoch.lateCheckouts.storedKeys()
    let rows = try connection.query(
      Self.storedResends,
      [clicks.ids, clicks.userIDs, checkouts.ids, checkouts.userIDs]
    )
    guard !rows.isEmpty else { return false }
    epoch.recent.withLock {
      for place in Self.numbers(of: .clicks, in: rows) {
        epoch.lateClicks.takeBack(clicks.numbers[Int(place) - 1])
      }
      for place in Self.numbers(of: .checkouts, in: rows) {
        epoch.lateCheckouts.takeBack(checkouts.numbers[Int(place) - 1])
      }
    }
    return true
  }

  private static func numbers(of stream: StreamKind, in rows: [[String?]]) -> [Int64] {
    rows.compactMap { row in
      row[0] == stream.rawValue ? row[1].flatMap { Int64($0) } : nil
    }
  }

  // Whether the id of a late event l is stored under whatever time: a checkout that has an answer or
  // was dropped, a click that came late before; clicks that the engine has taken for new are not
  // asked for. Scalar subqueries, which the planner never turns into a join: it would hash a whole
  // table.
  private static let isStoredCheckout = """
    (
      SELECT true FROM ecommerce.attributions AS a
      WHERE a.user_id = l.user_id AND a.checkout_id = l.event_id
    )
    OR (
      SELECT true FROM ecommerce.late_events AS d
      WHERE d.user_id = l.user_id AND d.event_id = l.event_id
        AND d.stream = 'checkouts' AND d.outcome = 'dropped'
      LIMIT 1
    )
    """
  private static let isStoredClick = """
    (
      SELECT true FROM ecommerce.late_events AS d
      WHERE d.user_id = l.user_id AND d.event_id = l.event_id AND d.stream = 'clicks'
      LIMIT 1
    )
    """

  /// Takes out the staged ones.
  static let resends = """
    WITH resent_checkouts AS (
      DELETE FROM pg_temp.late_checkouts AS l WHERE NOT is_new AND (\(isStoredCheckout))
      RETURNING log_offset
    ),
    resent_clicks AS (
      DELETE FROM pg_temp.late_clicks AS l WHERE NOT is_new AND (\(isStoredClick))
      RETURNING log_offset
    )
    SELECT 'checkouts', log_offset FROM resent_checkouts
    UNION ALL
    SELECT 'clicks', log_offset FROM resent_clicks
    """

  /// Names those of arrays of ids and users, clicks' and then checkouts', by their places from 1 on.
  private static let storedResends = """
    SELECT 'clicks', l.place
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS l (event_id, user_id, place)
    WHERE \(isStoredClick)
    UNION ALL
    SELECT 'checkouts', l.place
    FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS l (event_id, user_id, place)
    WHERE \(isStoredCheckout)
    """
}
