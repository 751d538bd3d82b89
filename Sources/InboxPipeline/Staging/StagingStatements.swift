import OrderKPIs

/// The SQL that brings the copied rows of one table into its staging table.
///
/// ```
/// COPY -> incoming_T (columns, file, row_offset)     file: 0 is the oldest of the batch
///      -> ranked_T   (+ place, is_repeated)          place 1 wins: newest file, first row in it
///      -> staging_T  unless a newer file's row is there already
/// ```
struct StagingStatements {
  private let table: ShopTable
  private let staging: StagingTable

  init(_ table: ShopTable) {
    self.table = table
    staging = table.staging
  }

  var incoming: String { "incoming_\(table.rawValue)" }
  var ranked: String { "ranked_\(table.rawValue)" }

  /// Makes the empty table to copy into, which ends with the transaction.
  var makeIncoming: String {
    """
    CREATE TEMPORARY TABLE \(incoming) ON COMMIT DROP AS
    SELECT \(staging.columns.joined(separator: ", ")), 0 AS file, 0::bigint AS row_offset
    FROM \(staging.name)
    WITH NO DATA
    """
  }

  /// Ranks the rows of each key.
  var rank: String {
    """
    CREATE TEMPORARY TABLE \(ranked) ON COMMIT DROP AS
    SELECT *,
      row_number() OVER same_key AS place,
      COALESCE(lag(file) OVER same_key = file, false) AS is_repeated
    FROM \(incoming)
    WINDOW same_key AS (PARTITION BY \(staging.key) ORDER BY file DESC, row_offset);
    DROP TABLE \(incoming);
    ANALYZE \(ranked)
    """
  }

  /// Writes the rows that win, and names their files as of `batch_files`.
  ///
  /// - Parameter file: only of this one, to find out which one it is that cannot be written.
  /// - Returns: one statement.
  func upsert(only file: Int? = nil) -> String {
    let names = staging.columns.joined(separator: ", ")
    let others =
      staging.columns.filter { $0 != staging.key }
      + ["source_file", "source_modified_at"]
    return """
      INSERT INTO \(staging.name) AS s (\(names), source_file, source_modified_at)
      SELECT \(staging.columns.map { "r.\($0)" }.joined(separator: ", ")), f.name, f.modified_at
      FROM \(ranked) AS r
      JOIN batch_files AS f ON f.file = r.file AND f.table_name = '\(table.rawValue)'
      WHERE r.place = 1\(file.map { " AND r.file = \($0)" } ?? "")
      ON CONFLICT (\(staging.key)) DO UPDATE SET
        \(others.map { "\($0) = excluded.\($0)" }.joined(separator: ",\n  "))
      WHERE (excluded.source_modified_at, excluded.source_file)
        >= (s.source_modified_at, s.source_file)
      """
  }

  /// Rows of each file that repeat a key of the same file, as `firstOfEach` gives them.
  var repeated: String {
    Self.firstOfEach("SELECT file, row_offset FROM \(ranked) WHERE is_repeated")
  }

  /// Days whose figures change since rows of theirs are about to be replaced.
  var touchedBefore: String {
    switch table {
    case .products:
      // A product that is the same for the figures touches none: catalogues come whole, and daily.
      """
      CREATE TEMPORARY TABLE changed_products ON COMMIT DROP AS
      SELECT r.product_id
      FROM ranked_products AS r
      LEFT JOIN staging_products AS s ON s.product_id = r.product_id
      WHERE r.place = 1 AND s.category IS DISTINCT FROM r.category
      """
    case .orders:
      Self.touchedByOrders
    case .orderItems:
      """
      INSERT INTO touched_days
      SELECT DISTINCT o.order_date
      FROM ranked_order_items AS r
      JOIN staging_order_items AS s ON s.item_id = r.item_id
      JOIN staging_orders AS o ON o.order_id = s.order_id
      """
    }
  }

  /// Of the orders as they stand in the staging table, before or after.
  private static let touchedByOrders = """
    INSERT INTO touched_days
    SELECT DISTINCT s.order_date
    FROM ranked_orders AS r
    JOIN staging_orders AS s ON s.order_id = r.order_id
    """

  /// Days whose figures change with the rows that are there now.
  var touchedAfter: String {
    switch table {
    case .products:
      """
      INSERT INTO touched_days
      SELECT DISTINCT o.order_date
      FROM changed_products AS c
      JOIN staging_order_items AS i ON i.product_id = c.product_id
      JOIN staging_orders AS o ON o.order_id = i.order_id
      """
    case .orders:
      Self.touchedByOrders
    case .orderItems:
      """
      INSERT INTO touched_days
      SELECT DISTINCT o.order_date
      FROM ranked_order_items AS r
      JOIN staging_orders AS o ON o.order_id = r.order_id
      """
    }
  }

  /// Items of the batch whose order is not staged, as `firstOfEach` gives them.
  static let unknownOrders = firstOfEach(
    """
    SELECT r.file, r.row_offset
    FROM ranked_order_items AS r
    LEFT JOIN staging_orders AS o ON o.order_id = r.order_id
    WHERE r.place = 1 AND o.order_id IS NULL
    """
  )

  /// Of rows (file, row_offset): file, offset and number of all, for the first rows of each file.
  private static func firstOfEach(_ rows: String) -> String {
    """
    SELECT file, row_offset, number
    FROM (
      SELECT
        file,
        row_offset,
        count(*) OVER (PARTITION BY file) AS number,
        row_number() OVER (PARTITION BY file ORDER BY row_offset) AS place
      FROM (\(rows)) AS r
    ) AS numbered
    WHERE place <= \(RejectLog.sampleLimit)
    ORDER BY file, row_offset
    """
  }
}
