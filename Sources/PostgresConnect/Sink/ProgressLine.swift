import Attribution
import Connect
import Dataflow

/// A task's line in `ecommerce.stream_progress`, as statements and text values.
enum ProgressLine {
  /// Columns that a commit writes, in the order of `values`.
  static let columns =
    ["emission", "is_flushed", "watermark", "data_watermark"]
    + StreamKind.allCases.flatMap { stream in inputColumns.map { "\(stream.rawValue)_\($0)" } }

  private static let inputColumns =
    ["position", "rebuild_position", "watermark"] + countColumns.map(\.name)

  private static var countColumns:
    [(name: String, path: WritableKeyPath<TaskProgress.Counts, Int64>)]
  {
    [
      ("records", \.records), ("stored", \.stored), ("duplicates", \.duplicates),
      ("dead_letters", \.deadLetters), ("late", \.late), ("late_dropped", \.lateDropped),
      ("bytes", \.bytes),
    ]
  }

  static func values(_ progress: TaskProgress) -> [String?] {
    let watermark = progress.isFlushed ? EventTime.endOfInput : progress.watermark
    return [
      progress.emission.rawValue, progress.isFlushed ? "true" : "false", watermark.postgresText,
      progress.watermark.postgresText,
    ] + values(progress.clicks) + values(progress.checkouts)
  }

  private static func values(_ input: TaskProgress.Input) -> [String?] {
    [input.position?.token, input.rebuildPosition?.token, input.watermark.postgresText]
      + countColumns.map { String(input.counts[keyPath: $0.path]) }
  }

  /// What a query selects for `progress(from:)`: times in `hexadecimal`.
  static let selection = columns.map {
    $0.hasSuffix("watermark") ? hexadecimal($0) : $0
  }.joined(separator: ", ")

  private static let greatestEventTime = hexadecimal("greatest_event_time")

  /// The digits of a time's binary form, which knows infinities and loses nothing.
  static func hexadecimal(_ column: String) -> String {
    "encode(timestamptz_send(\(column)), 'hex')"
  }

  /// Reads a time in `hexadecimal`, big-endian two's complement.
  static func time(_ text: String?) -> EventTime {
    let bits = text.flatMap { UInt64($0, radix: 16) } ?? 0
    return EventTime(postgresMicroseconds: Int64(bitPattern: bits))
  }

  /// Reads a row of `selection`.
  static func progress(from row: some Collection<String?>) -> TaskProgress {
    var values = Reader(values: row.makeIterator())
    var progress = TaskProgress()
    progress.emission = values.text().flatMap { .init(rawValue: $0) } ?? .early
    progress.isFlushed = values.text() == "t"
    _ = values.time()
    progress.watermark = values.time()
    progress.clicks = input(from: &values)
    progress.checkouts = input(from: &values)
    return progress
  }

  private static func input(
    from values: inout Reader<some IteratorProtocol<String?>>
  ) -> TaskProgress.Input {
    var input = TaskProgress.Input()
    input.position = values.text().map { SourcePosition($0) }
    input.rebuildPosition = values.text().map { SourcePosition($0) }
    input.watermark = values.time()
    for column in countColumns {
      input.counts[keyPath: column.path] = values.text().flatMap { Int64($0) } ?? 0
    }
    return input
  }

  private struct Reader<Values: IteratorProtocol<String?>> {
    var values: Values

    mutating func text() -> String? { values.next() ?? nil }

    mutating func time() -> EventTime { ProgressLine.time(text()) }
  }

  /// Takes the line over, or makes it; no row comes back when the stored log or window differs.
  ///
  /// Parameters: task, source, owner, window in seconds, emission, late policy.
  static let takeOver: String = {
    let blanks = columns.map { column in
      if column.hasSuffix("watermark") { return "'-infinity'" }
      if column.hasSuffix("position") { return "NULL" }
      if column == "emission" { return "$5" }
      return column == "is_flushed" ? "false" : "0"
    }
    return """
      INSERT INTO ecommerce.stream_progress AS line (
        task, source, generation, epoch, owner, window_seconds, late_policy,
        \(columns.joined(separator: ", ")), greatest_event_time, committed_at
      )
      VALUES ($1, $2, 1, 0, $3, $4, $6, \(blanks.joined(separator: ", ")), '-infinity', now())
      ON CONFLICT (task) DO UPDATE SET
        generation = line.generation + 1,
        owner = excluded.owner,
        late_policy = excluded.late_policy,
        stopped_at = NULL,
        stop_reason = NULL
      WHERE line.source = excluded.source AND line.window_seconds = excluded.window_seconds
      RETURNING generation, epoch, \(greatestEventTime), \(selection)
      """
  }()

  /// Writes a commit's progress if nobody else wrote the line since: one row, or none.
  ///
  /// Parameters: task, generation, epoch, the greatest event time of the commit, then `values`.
  static let advance: String = {
    let values = columns.enumerated().map { "$\($0 + 5)::\(type(of: $1))" }
    let assignments = zip(columns, values).map { "\($0) = \($1)" }
    let greatest = "GREATEST(greatest_event_time, $4::timestamptz)"
    return """
      UPDATE ecommerce.stream_progress
      SET epoch = epoch + 1, committed_at = clock_timestamp(), greatest_event_time = \(greatest),
        \(assignments.joined(separator: ", ")),
        seal = \(seal(epoch: "epoch + 1", greatestEventTime: greatest, values))
      WHERE task = $1 AND generation = $2 AND epoch = $3
      """
  }()

  /// Whether a line is as its last commit wrote it.
  ///
  /// What a takeover changes is left out. A line has no seal before its first commit, nor where
  /// that was the last one before migration 12, which brought the seals.
  static let isSealed = """
    CASE
      WHEN seal IS NOT NULL
        THEN seal = \(seal(epoch: "epoch", greatestEventTime: "greatest_event_time", columns))
      WHEN epoch = 0 THEN clicks_records = 0 AND checkouts_records = 0
      ELSE committed_at
        < (SELECT applied_at FROM ecommerce.schema_version WHERE schema_version.version = 12)
    END
    """

  /// The text form of these values is that of a session of `PostgresConnection`.
  private static func seal(
    epoch: String,
    greatestEventTime: String,
    _ values: [String]
  ) -> String {
    let line =
      ["task", "source", "window_seconds", epoch, greatestEventTime] + values
    return "encode(sha256(convert_to(ROW(\(line.joined(separator: ", ")))::text, 'UTF8')), 'hex')"
  }

  private static func type(of column: String) -> String {
    if column.hasSuffix("watermark") { return "timestamptz" }
    if column.hasSuffix("position") || column == "emission" { return "text" }
    return column == "is_flushed" ? "boolean" : "bigint"
  }

  /// Keeps why the task reads no more, unless another worker has taken it over.
  ///
  /// Parameters: task, generation, reason.
  static let stop = """
    UPDATE ecommerce.stream_progress
    SET stopped_at = clock_timestamp(), stop_reason = $3
    WHERE task = $1 AND generation = $2
    """

  /// Reads the line; FOR UPDATE waits for a COMMIT still under way on a connection that was lost.
  static let standing = """
    SELECT generation, epoch, \(greatestEventTime), \(selection)
    FROM ecommerce.stream_progress WHERE task = $1 FOR UPDATE
    """
}
