import Connect
import Dataflow
import Events

/// How many answers those late clicks change that the recent events do not know all about: what they
/// count for the others, counted among the stored rows and the epoch's own.
///
/// ```
///                 answered         answers, by their index
/// stored before { no row yet       raw checkouts from the stored watermark on, for `--emit final`
///               { on time          rows before `LateEvent.checkoutsEnd`
/// of the epoch  { late             by their order in the log
/// ```
/// A click changes every answer that it touches, if only its count of clicks. So what counts are the
/// checkouts that were read before it, and not which rows are written at last: that depends on what
/// the engine has answered already, and on where runs and epochs end.
struct RestatedCounts {
  var task: Int32
  var window: EventSpan
  /// Checkouts may be stored without an answer yet.
  var mayWait: Bool

  /// Before the transaction: what is stored then was read before the epoch.
  func take(
    into epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) {
    let numbers = epoch.lateClicks.events.indices.filter { number in
      let click = epoch.lateClicks.events[number]
      return !click.isKnown && !click.isResend && !click.isDropped
    }
    guard !numbers.isEmpty else { return }
    let stored = try storedCounts(numbers, of: epoch, on: connection)
    let own = ownCounts(numbers, of: epoch)
    for number in numbers {
      epoch.lateClicks.count(stored[number, default: 0] + own[number, default: 0], of: number)
    }
  }

  private func isTouched(_ time: EventTime, by click: LateEvent) -> Bool {
    (click.time...click.time + window).contains(time)
  }

  // MARK: Stored before

  private func storedCounts(
    _ numbers: [Int],
    of epoch: PostgresEpoch,
    on connection: PostgresConnection
  ) throws(ConnectorError) -> [Int: Int] {
    let times = numbers.map { epoch.lateClicks.events[$0].time }
    let last = (times.max() ?? .beginning) + window
    let rows = try connection.query(
      stored,
      [
        epoch.lateClicks.userIDs(of: numbers),
        "{\(times.map { "\"\($0.postgresText)\"" }.joined(separator: ","))}",
        try firstWaiting(on: connection), last.postgresText,
      ]
    )
    var counts: [Int: Int] = [:]
    for row in rows {
      guard let place = row[0].flatMap({ Int($0) }) else { continue }
      counts[numbers[place - 1]] = row[1].flatMap { Int($0) }
    }
    return counts
  }

  /// No checkout before this waits for its row.
  private func firstWaiting(on connection: PostgresConnection) throws(ConnectorError) -> String? {
    guard mayWait else { return "infinity" }
    return try connection.query(
      "SELECT watermark::text FROM ecommerce.stream_progress WHERE task = $1",
      [String(task)]
    ).first?.first.flatMap { $0 }
  }

  // Parameters: the clicks' users and times, the first time at which checkouts wait, the end of the
  // last window; where that is before the other, raw_checkouts is not looked at.
  // Scalar subqueries where an index is to be used: the planner never turns them into a join, for
  // which it would hash a whole table.
  private var stored: String {
    """
    WITH waiting AS MATERIALIZED (
      SELECT c.user_id, c.event_timestamp
      FROM ecommerce.raw_checkouts AS c
      WHERE c.user_id = ANY ($1::text[])
        AND $3::timestamptz <= $4::timestamptz
        AND c.event_timestamp BETWEEN $3::timestamptz AND $4::timestamptz
        AND (
          SELECT true FROM ecommerce.attributions AS a
          WHERE a.user_id = c.user_id AND a.checkout_id = c.event_id
        ) IS NULL
    )
    SELECT l.place,
      (
        SELECT count(*) FROM ecommerce.attributions AS a
        WHERE a.user_id = l.user_id
          AND a.checkout_timestamp BETWEEN l.first AND l.first + \(window.literal)
      ) + count(w.user_id)
    FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS l (user_id, first, place)
    LEFT JOIN waiting AS w
      ON w.user_id = l.user_id
      AND w.event_timestamp BETWEEN l.first AND l.first + \(window.literal)
    GROUP BY l.place, l.user_id, l.first
    """
  }

  // MARK: Of the epoch

  private func ownCounts(_ numbers: [Int], of epoch: PostgresEpoch) -> [Int: Int] {
    let byUser = Dictionary(grouping: numbers) { number in
      Array(epoch.lateClicks.userID(of: epoch.lateClicks.events[number]))
    }
    var counts: [Int: Int] = [:]
    var walk = CopyRowWalk(epoch.checkouts.bytes, keyFieldCount: 2)
    while let row = walk.next() {
      let checkout = RawCheckoutRow(epoch.checkouts.bytes[row.range])
      for number in byUser[Array(checkout.userID), default: []] {
        let click = epoch.lateClicks.events[number]
        guard row.range.upperBound <= click.checkoutsEnd, isTouched(checkout.time, by: click)
        else { continue }
        counts[number, default: 0] += 1
      }
    }
    // A resend among them may not be known as one yet.
    var ids: Set<HashKey> = []
    for checkout in epoch.lateCheckouts.stored
    where !checkout.isDropped && ids.insert(checkout.id).inserted {
      for number in byUser[Array(epoch.lateCheckouts.userID(of: checkout)), default: []] {
        let click = epoch.lateClicks.events[number]
        guard checkout.order < click.order, isTouched(checkout.time, by: click) else { continue }
        counts[number, default: 0] += 1
      }
    }
    return counts
  }
}
