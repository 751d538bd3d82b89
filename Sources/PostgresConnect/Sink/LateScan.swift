import Connect
import Dataflow

/// Settles what lies before the floor of the recent events against the stored rows: raw clicks that
/// no index finds by user are found by one pass over each range of time.
///
/// ```
/// questions   late checkouts, and final stored ones that late clicks touch
/// needed      the users concerned, each with the times that the questions look back on
/// candidates  stored clicks of these users and times: one pass over each range of time
/// answers     first candidate and count per question
/// ```
/// Cost: one scan of the raw clicks between the earliest such event - window and the latest one,
/// long gaps left out, which the day partitions and their BRIN indexes bound; an index on (user_id,
/// event_timestamp) is used if someone makes it.
struct LateScan {
  var task: Int32
  var window: EventSpan
  /// The task's watermark at this commit: checkouts from it on are the engine's to answer.
  var watermark: Watermark
  /// Of the recent events: what lies at or before it they have left to be answered here.
  var floor: EventTime

  /// Takes out staged events whose id was staged before, perhaps with another time.
  ///
  /// Only where one of them is old, the recent events have not done so.
  static let resends = """
    \(LateRules.hash)
    WITH resent_checkouts AS (
      DELETE FROM pg_temp.late_checkouts AS l
      USING pg_temp.late_checkouts AS earlier
      WHERE earlier.user_id = l.user_id AND earlier.event_id = l.event_id
        AND earlier.log_offset < l.log_offset
      RETURNING l.log_offset
    ),
    resent_clicks AS (
      DELETE FROM pg_temp.late_clicks AS l
      USING pg_temp.late_clicks AS earlier
      WHERE NOT l.is_new AND earlier.user_id = l.user_id AND earlier.event_id = l.event_id
        AND earlier.log_offset < l.log_offset
      RETURNING l.log_offset
    )
    SELECT 'checkouts', log_offset FROM resent_checkouts
    UNION ALL
    SELECT 'clicks', log_offset FROM resent_clicks
    """

  /// Answers the questions that are staged and those of the old events, and takes stored clicks out.
  func answer(on connection: PostgresConnection) throws(ConnectorError) {
    for run in try connection.query(LateRules.hash + oldQuestions + needed + Self.runs) {
      try connection.execute(Self.candidates, run)
    }
    try connection.execute(Self.storedClicks + Self.lateCandidates + answers)
  }

  /// Answers the task's stored checkouts of these times again, whose engine has forgotten them.
  func restate(
    _ times: Range<EventTime>,
    on connection: PostgresConnection
  ) throws(ConnectorError) {
    try connection.execute(
      """
      INSERT INTO pg_temp.questions
      SELECT checkout_id, user_id, checkout_timestamp, revenue
      FROM ecommerce.attributions
      WHERE task = \(task)
        AND checkout_timestamp >= '\(times.lowerBound.postgresText)'
        AND checkout_timestamp < '\(times.upperBound.postgresText)'
      """
    )
    try answer(on: connection)
    try connection.execute(StagingTables.replacement(from: StagingTables.answers))
  }

  /// Old late checkouts, and final stored ones that old late clicks touch.
  private var oldQuestions: String {
    """
    INSERT INTO pg_temp.questions
    SELECT event_id, user_id, event_timestamp, total_amount
    FROM pg_temp.late_checkouts
    WHERE event_timestamp <= '\(floor.postgresText)' AND NOT is_dropped;
    \(LateRules.lookUp)
    INSERT INTO pg_temp.questions
    SELECT a.checkout_id, a.user_id, a.checkout_timestamp, a.revenue
    FROM (
      SELECT user_id, array_agg(event_timestamp) AS times,
        min(event_timestamp) AS first, max(event_timestamp) + \(window.literal) AS last
      FROM pg_temp.late_clicks
      WHERE event_timestamp <= '\(floor.postgresText)' AND NOT is_dropped
      GROUP BY user_id
    ) AS l
    JOIN ecommerce.attributions AS a ON a.user_id = l.user_id
    WHERE a.checkout_timestamp BETWEEN l.first AND l.last
      AND a.checkout_timestamp < '\(watermark.postgresText)'
      AND EXISTS (
        SELECT FROM unnest(l.times) AS click_timestamp
        WHERE a.checkout_timestamp BETWEEN click_timestamp AND click_timestamp + \(window.literal)
      );
    \(LateRules.hash)

    """
  }

  /// Whose stored clicks are needed, and from when to when: each user's overlapping times as one,
  /// so that no click is a candidate twice.
  private var needed: String {
    """
    INSERT INTO pg_temp.needed
    WITH wanted AS (
      SELECT user_id, event_timestamp AS first, event_timestamp AS last
      FROM pg_temp.late_clicks
      WHERE is_unchecked
      UNION
      SELECT user_id, checkout_timestamp - \(window.literal), checkout_timestamp
      FROM pg_temp.questions
    ),
    marked AS (
      SELECT *, COALESCE(first > max(last) OVER before, true) AS is_start
      FROM wanted
      WINDOW before AS (
        PARTITION BY user_id
        ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      )
    ),
    numbered AS (
      SELECT *, count(*) FILTER (WHERE is_start) OVER (
        PARTITION BY user_id ORDER BY first, last
      ) AS span
      FROM marked
    )
    SELECT user_id, min(first), max(last)
    FROM numbered
    GROUP BY user_id, span;

    """
  }

  /// The runs of needed times without a long gap, and their users: one very late event does not
  /// open the whole history.
  ///
  /// The order is total: otherwise runs could overlap, and a click be a candidate twice.
  private static let runs = """
    WITH marked AS (
      SELECT *, COALESCE(first > max(last) OVER before + interval '10 minutes', true) AS is_start
      FROM pg_temp.needed
      WINDOW before AS (
        ORDER BY first, last, user_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      )
    ),
    numbered AS (
      SELECT *, count(*) FILTER (WHERE is_start) OVER (ORDER BY first, last, user_id) AS run
      FROM marked
    )
    SELECT array_agg(DISTINCT user_id)::text, min(first)::text, max(last)::text
    FROM numbered
    GROUP BY run
    """

  /// The pass over the raw clicks of a run of times, with parameters users, first and last time.
  ///
  /// As parameters of an unnamed statement they are constants to the planner: partitions are pruned
  /// and the users become a hash table.
  private static let candidates = """
    INSERT INTO pg_temp.candidates
    SELECT c.user_id, event_id, event_timestamp, product_id, product_name, product_category,
      referrer, device_type
    FROM ecommerce.raw_clicks AS c
    JOIN pg_temp.needed AS n ON n.user_id = c.user_id COLLATE "C"
    WHERE c.user_id = ANY ($1::text[])
      AND event_timestamp BETWEEN $2::timestamptz AND $3::timestamptz
      AND event_timestamp BETWEEN n.first AND n.last
    """

  /// Takes out the late clicks that are stored under the same time.
  private static let storedClicks = """
    DELETE FROM pg_temp.late_clicks AS l
    USING pg_temp.candidates AS c
    WHERE l.is_unchecked AND c.user_id = l.user_id AND c.event_id = l.event_id
      AND c.event_timestamp = l.event_timestamp;

    """

  /// Clicks that were dropped, now or earlier, are no candidates; the other late ones are.
  private static let lateCandidates = """
    DELETE FROM pg_temp.candidates AS c
    USING ecommerce.late_events AS d
    WHERE d.stream = 'clicks' AND d.outcome = 'dropped'
      AND d.user_id = c.user_id AND d.event_id = c.event_id
      AND d.event_timestamp = c.event_timestamp;
    INSERT INTO pg_temp.candidates
    SELECT user_id, event_id, event_timestamp, product_id, product_name, product_category,
      referrer, device_type
    FROM pg_temp.late_clicks
    WHERE NOT is_dropped;

    """

  /// The rule itself: the first candidate by click time and id, and how many there are.
  ///
  /// A user's candidates are numbered in that order, so the count is the difference between the
  /// last one's place and the first one's: two index lookups a question, however busy the user.
  private var answers: String {
    let isInWindow = """
      c.user_id = q.user_id AND c.event_timestamp
        BETWEEN q.checkout_timestamp - \(window.literal) AND q.checkout_timestamp
      """
    return """
      INSERT INTO pg_temp.ranked
      SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY event_timestamp, event_id)
      FROM pg_temp.candidates;
      \(LateRules.lookUp)
      INSERT INTO pg_temp.answers
      SELECT q.checkout_id, q.user_id, q.checkout_timestamp, q.revenue,
        f.event_id, f.event_timestamp, f.product_id, f.product_name, f.product_category,
        f.referrer, f.device_type,
        COALESCE(l.place - f.place + 1, 0), \(task), 0, clock_timestamp()
      FROM (SELECT DISTINCT * FROM pg_temp.questions) AS q
      LEFT JOIN LATERAL (
        SELECT * FROM pg_temp.ranked AS c WHERE \(isInWindow)
        ORDER BY c.event_timestamp, c.event_id LIMIT 1
      ) AS f ON true
      LEFT JOIN LATERAL (
        SELECT place FROM pg_temp.ranked AS c WHERE \(isInWindow)
        ORDER BY c.event_timestamp DESC, c.event_id DESC LIMIT 1
      ) AS l ON true;
      \(LateRules.hash)

      """
  }
}
