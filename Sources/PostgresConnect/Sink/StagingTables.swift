import Events

/// Temporary tables of a sink's connection, emptied by every commit that uses any of them: so those
/// that few need are made when they are needed.
enum StagingTables {
  static let revisions = "pg_temp.revisions"
  static let lateClicks = "pg_temp.late_clicks"
  static let lateCheckouts = "pg_temp.late_checkouts"
  static let questions = "pg_temp.questions"
  static let answers = "pg_temp.answers"

  /// Makes those of answers that replace stored ones.
  static let creationOfAnswers = """
    CREATE TEMP TABLE revisions (LIKE ecommerce.attributions) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE answers (LIKE ecommerce.attributions) ON COMMIT DELETE ROWS
    """

  /// Makes the others, with which the stored rows settle late events.
  static let creation = """
    CREATE TEMP TABLE late_clicks (
      LIKE ecommerce.raw_clicks,
      log_offset bigint NOT NULL,
      watermark timestamptz NOT NULL,
      is_unchecked boolean NOT NULL,
      is_dropped boolean NOT NULL,
      is_new boolean NOT NULL,
      restated integer NOT NULL
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE late_checkouts (
      LIKE ecommerce.raw_checkouts,
      log_offset bigint NOT NULL,
      watermark timestamptz NOT NULL,
      is_unchecked boolean NOT NULL,
      is_dropped boolean NOT NULL,
      is_new boolean NOT NULL,
      restated integer NOT NULL
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE questions (
      checkout_id text COLLATE "C" NOT NULL,
      user_id text COLLATE "C" NOT NULL,
      checkout_timestamp timestamptz NOT NULL,
      revenue numeric(12, 2) NOT NULL
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE needed (
      user_id text COLLATE "C" NOT NULL,
      first timestamptz NOT NULL,
      last timestamptz NOT NULL
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE candidates (
      user_id text COLLATE "C" NOT NULL,
      event_id text COLLATE "C" NOT NULL,
      event_timestamp timestamptz NOT NULL,
      product_id text,
      product_name text,
      product_category text,
      referrer text,
      device_type text
    ) ON COMMIT DELETE ROWS;
    CREATE TEMP TABLE ranked (LIKE candidates, place bigint NOT NULL) ON COMMIT DELETE ROWS;
    CREATE INDEX ON ranked (user_id, event_timestamp, event_id)
    """

  /// The checkout_ids of questions that are answered already.
  static let answeredQuestions = """
    \(LateRules.lookUp)
    SELECT q.checkout_id
    FROM \(questions) AS q
    JOIN ecommerce.attributions AS a
      ON a.user_id = q.user_id AND a.checkout_id = q.checkout_id
      AND a.checkout_timestamp = q.checkout_timestamp
    """

  /// What a revision may change.
  private static let answerColumns = [
    "click_id", "click_timestamp", "product_id", "product_name", "product_category", "referrer",
    "device_type", "clicks_in_window",
  ]

  /// Writes the rows of a staging table into the answers: inserts the new ones and replaces the
  /// stored ones that differ, revision + 1.
  ///
  /// An answer to a resend with another time, or of another task, replaces nothing: the first in log
  /// order has won, or the first one committed.
  ///
  /// Goes row by row over the unique index, so its cost is that of the staging table's size.
  static func restatement(from table: String) -> String {
    let columns = AnswerRow.columns.joined(separator: ", ")
    let answer = answerColumns.map { "a.\($0)" }.joined(separator: ", ")
    let other = answerColumns.map { "excluded.\($0)" }.joined(separator: ", ")
    let assignments = answerColumns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    return """
      INSERT INTO ecommerce.attributions AS a (\(columns))
      SELECT \(columns) FROM \(table)
      ON CONFLICT (user_id, checkout_id) DO UPDATE SET
        \(assignments),
        processed_at = excluded.processed_at,
        revision = a.revision + 1
      WHERE a.checkout_timestamp = excluded.checkout_timestamp AND a.task = excluded.task
        AND (\(answer)) IS DISTINCT FROM (\(other))
      """
  }

  /// Replaces the stored rows that differ from those of a staging table, revision + 1.
  ///
  /// As above without inserting, for half the cost: it need not lock a row before it replaces it.
  static func replacement(from table: String) -> String {
    let answer = answerColumns.map { "a.\($0)" }.joined(separator: ", ")
    let other = answerColumns.map { "r.\($0)" }.joined(separator: ", ")
    let assignments = answerColumns.map { "\($0) = r.\($0)" }.joined(separator: ", ")
    return """
      UPDATE ecommerce.attributions AS a SET
        \(assignments),
        processed_at = r.processed_at,
        revision = a.revision + 1
      FROM \(table) AS r
      WHERE a.user_id = r.user_id AND a.checkout_id = r.checkout_id
        AND a.checkout_timestamp = r.checkout_timestamp
        AND (\(answer)) IS DISTINCT FROM (\(other))
      """
  }
}
