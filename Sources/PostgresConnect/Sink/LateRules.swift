import Connect
import Dataflow
import Events

/// Settles a commit's late events against the stored rows, set by set, inside its transaction.
///
/// ```
/// staged late events -> drop what is stored already (duplicates)
///                    -> store the rest as raw rows
/// questions   late checkouts, and stored checkouts that late clicks touch
/// needed      the users concerned, each with the times that the questions look back on
/// candidates  stored clicks of these users and times: one pass over each range of time
/// answers     first candidate and count per question -> attributions, where different
/// outcomes    late_events
/// ```
/// Cost: one scan of the raw clicks between the earliest late event - window and the latest one,
/// long gaps left out, which the day partitions and their BRIN indexes bound; an index on (user_id,
/// event_timestamp) is used if someone makes it. The planner knows nothing of temporary tables, so
/// each step says whether it looks rows up in an index or hashes. `enable_seqscan` is no way to say
/// it: it adds 10^10 to the cost, beside which the planner sees no other difference.
struct LateRules {
  var task: Int32
  var window: EventSpan
  /// The task's watermark at this commit: checkouts from it on are the engine's to answer.
  var watermark: Watermark
  /// Times of stored checkouts to answer again, in a commit without late events.
  var restated: Range<EventTime>?

  struct Remaining {
    var clicks: (stored: Int64, dropped: Int64)
    var checkouts: (stored: Int64, dropped: Int64)
  }

  /// - Returns: how many late events were no duplicates, and how many of these were dropped.
  func settle(on connection: PostgresConnection) throws(ConnectorError) -> Remaining {
    for run in try connection.query(
      duplicateCheckouts + questions + restatedQuestions + needed + Self.runs
    ) {
      try connection.execute(Self.candidates, run)
    }
    let counts = try connection.query(
      duplicateClicks + rawRows + lateCandidates + answers + outcomes + Self.remaining
    )
    let numbers = (counts.first ?? []).map { $0.flatMap { Int64($0) } ?? 0 }
    guard numbers.count == 4 else {
      throw ConnectorError(.permanent, "expected 4 counts of late events, found \(numbers.count)")
    }
    return Remaining(clicks: (numbers[0], numbers[1]), checkouts: (numbers[2], numbers[3]))
  }

  private var windowLiteral: String { "interval '\(window.microseconds) microseconds'" }

  /// Settings of the transaction from here on: the planner looks rows up in an index.
  static let lookUp = """
    SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
    SET LOCAL enable_nestloop = on; SET LOCAL enable_material = off;

    """
  /// Settings of the transaction from here on: the planner hashes.
  static let hash = """
    SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = off;
    SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB';

    """

  /// Late checkouts that are stored, which shows in an answer or as dropped, whatever their times;
  /// of several staged ones the first in log order wins.
  private var duplicateCheckouts: String {
    """
    \(Self.lookUp)
    DELETE FROM pg_temp.late_checkouts AS l
    USING ecommerce.attributions AS a
    WHERE a.user_id = l.user_id AND a.checkout_id = l.event_id;
    \(Self.hash)
    DELETE FROM pg_temp.late_checkouts AS l
    USING ecommerce.late_events AS d
    WHERE d.stream = 'checkouts' AND d.outcome = 'dropped'
      AND d.user_id = l.user_id AND d.event_id = l.event_id;
    DELETE FROM pg_temp.late_checkouts AS l
    USING pg_temp.late_checkouts AS earlier
    WHERE earlier.user_id = l.user_id AND earlier.event_id = l.event_id
      AND earlier.log_offset < l.log_offset;

    """
  }

  /// Checkouts to answer: late ones, and final ones that late clicks touch.
  private var questions: String {
    """
    INSERT INTO pg_temp.questions
    SELECT user_id, event_id, event_timestamp, total_amount
    FROM pg_temp.late_checkouts
    WHERE NOT is_dropped;
    \(Self.lookUp)
    INSERT INTO pg_temp.questions
    SELECT a.user_id, a.checkout_id, a.checkout_timestamp, a.revenue
    FROM (
      SELECT user_id, array_agg(event_timestamp) AS times,
        min(event_timestamp) AS first, max(event_timestamp) + \(windowLiteral) AS last
      FROM pg_temp.late_clicks
      WHERE NOT is_dropped
      GROUP BY user_id
    ) AS l
    JOIN ecommerce.attributions AS a ON a.user_id = l.user_id
    WHERE a.checkout_timestamp BETWEEN l.first AND l.last
      AND a.checkout_timestamp < '\(watermark.postgresText)'
      AND EXISTS (
        SELECT FROM unnest(l.times) AS click_timestamp
        WHERE a.checkout_timestamp BETWEEN click_timestamp AND click_timestamp + \(windowLiteral)
      );
    \(Self.hash)

    """
  }

  /// Checkouts of the task that the engine has forgotten before they were final.
  private var restatedQuestions: String {
    guard let restated else { return "" }
    return """
      INSERT INTO pg_temp.questions
      SELECT user_id, checkout_id, checkout_timestamp, revenue
      FROM ecommerce.attributions
      WHERE task = \(task)
        AND checkout_timestamp >= '\(restated.lowerBound.postgresText)'
        AND checkout_timestamp < '\(restated.upperBound.postgresText)';

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
      SELECT user_id, checkout_timestamp - \(windowLiteral), checkout_timestamp
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

  /// Late clicks that are stored, as found by the time of those older than the state, or listed as
  /// dropped: a rebuilt state does not know these.
  private var duplicateClicks: String {
    """
    DELETE FROM pg_temp.late_clicks AS l
    USING pg_temp.candidates AS c
    WHERE l.is_unchecked AND c.user_id = l.user_id AND c.event_id = l.event_id;
    DELETE FROM pg_temp.late_clicks AS l
    USING ecommerce.late_events AS d
    WHERE d.stream = 'clicks' AND d.outcome = 'dropped'
      AND d.user_id = l.user_id AND d.event_id = l.event_id;
    DELETE FROM pg_temp.late_clicks AS l
    USING pg_temp.late_clicks AS earlier
    WHERE l.is_unchecked AND earlier.user_id = l.user_id AND earlier.event_id = l.event_id
      AND earlier.log_offset < l.log_offset;

    """
  }

  private var rawRows: String {
    let clicks = ClickRecord.columns.joined(separator: ", ")
    let checkouts = CheckoutRecord.columns.joined(separator: ", ")
    return """
      INSERT INTO \(ClickRecord.table) (\(clicks)) SELECT \(clicks) FROM pg_temp.late_clicks;
      INSERT INTO \(CheckoutRecord.table) (\(checkouts))
      SELECT \(checkouts) FROM pg_temp.late_checkouts;

      """
  }

  /// Clicks that were dropped, now or earlier, are no candidates; the other late ones are.
  private var lateCandidates: String {
    """
    DELETE FROM pg_temp.candidates AS c
    USING ecommerce.late_events AS d
    WHERE d.stream = 'clicks' AND d.outcome = 'dropped'
      AND d.user_id = c.user_id AND d.event_id = c.event_id;
    INSERT INTO pg_temp.candidates
    SELECT user_id, event_id, event_timestamp, product_id, product_name, product_category,
      referrer, device_type
    FROM pg_temp.late_clicks
    WHERE NOT is_dropped;

    """
  }

  /// The rule itself: the first candidate by click time and id, and how many there are.
  ///
  /// A user's candidates are numbered in that order, so the count is the difference between the
  /// last one's place and the first one's: two index lookups a question, however busy the user.
  private var answers: String {
    let isInWindow = """
      c.user_id = q.user_id AND c.event_timestamp
        BETWEEN q.checkout_timestamp - \(windowLiteral) AND q.checkout_timestamp
      """
    return """
      INSERT INTO pg_temp.ranked
      SELECT *, row_number() OVER (PARTITION BY user_id ORDER BY event_timestamp, event_id)
      FROM pg_temp.candidates;
      \(Self.lookUp)
      INSERT INTO pg_temp.answers
      SELECT q.checkout_id, q.user_id, q.checkout_timestamp, q.revenue,
        f.event_id, f.event_timestamp, f.product_id, f.product_name, f.product_category,
        f.referrer, f.device_type,
        COALESCE(l.place - f.place + 1, 0), \(task), 0, clock_timestamp()
      FROM pg_temp.questions AS q
      LEFT JOIN LATERAL (
        SELECT * FROM pg_temp.ranked AS c WHERE \(isInWindow)
        ORDER BY c.event_timestamp, c.event_id LIMIT 1
      ) AS f ON true
      LEFT JOIN LATERAL (
        SELECT place FROM pg_temp.ranked AS c WHERE \(isInWindow)
        ORDER BY c.event_timestamp DESC, c.event_id DESC LIMIT 1
      ) AS l ON true;
      \(Self.hash)
      WITH written AS (
        \(StagingTables.restatement(from: "pg_temp.answers"))
        RETURNING a.user_id, a.checkout_id, a.checkout_timestamp
      )
      INSERT INTO pg_temp.restated SELECT user_id, checkout_id, checkout_timestamp FROM written;

      """
  }

  private var outcomes: String {
    """
    INSERT INTO ecommerce.late_events
    SELECT 'clicks', l.event_id, l.user_id, l.event_timestamp, \(task), l.log_offset, l.watermark,
      CASE
        WHEN l.is_dropped THEN 'dropped'
        WHEN count(r.checkout_id) > 0 THEN 'restated'
        ELSE 'no_change'
      END,
      count(r.checkout_id), clock_timestamp()
    FROM pg_temp.late_clicks AS l
    LEFT JOIN pg_temp.restated AS r
      ON r.user_id = l.user_id AND NOT l.is_dropped
      AND r.checkout_timestamp BETWEEN l.event_timestamp AND l.event_timestamp + \(windowLiteral)
    GROUP BY l.event_id, l.user_id, l.event_timestamp, l.log_offset, l.watermark, l.is_dropped;
    INSERT INTO ecommerce.late_events
    SELECT 'checkouts', event_id, user_id, event_timestamp, \(task), log_offset, watermark,
      CASE WHEN is_dropped THEN 'dropped' ELSE 'restated' END,
      CASE WHEN is_dropped THEN 0 ELSE 1 END, clock_timestamp()
    FROM pg_temp.late_checkouts;

    """
  }

  private static let remaining = """
    SELECT
      (SELECT count(*) FROM pg_temp.late_clicks),
      (SELECT count(*) FROM pg_temp.late_clicks WHERE is_dropped),
      (SELECT count(*) FROM pg_temp.late_checkouts),
      (SELECT count(*) FROM pg_temp.late_checkouts WHERE is_dropped)
    """
}
