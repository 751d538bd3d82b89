package import Connect
import Dataflow

/// A task's line of `stream_progress`, for `stream-job status`.
package struct TaskStatus: Hashable, Sendable {
  package var task: Int
  /// Identity of the log.
  package var source: String
  /// host:pid of the worker that took it over last.
  package var owner: String
  /// True while that worker is connected.
  package var isHeld: Bool
  package var generation: Int64
  package var epoch: Int64
  package var progress: TaskProgress
  /// Wall clock, and how long ago that was by the server's clock.
  package var committedAt: String
  package var secondsSinceCommit: Double
  /// Records that the log had lost.
  package var gaps: GapCount
  /// Nil while nothing keeps the task from being read.
  package var stop: Stop?

  /// That a task was stopped alone.
  package struct Stop: Hashable, Sendable {
    /// Wall clock, and how long ago that was by the server's clock.
    package var stoppedAt: String
    package var secondsSince: Double
    /// Why, and what to do.
    package var reason: String
  }

  /// The input with the smaller watermark: the task waits for it; nil when they are equal.
  package var heldBackBy: StreamKind? {
    let (clicks, checkouts) = (progress.clicks.watermark, progress.checkouts.watermark)
    guard clicks != checkouts else { return nil }
    return clicks < checkouts ? .clicks : .checkouts
  }
}

/// Reads where every task stands.
///
/// Costs milliseconds at any size of the database.
package struct StatusQuery {
  let connection: PostgresConnection

  package init(on connection: PostgresConnection) { self.connection = connection }

  /// One entry a task, by number; empty before the first commit.
  package func tasks() throws(ConnectorError) -> [TaskStatus] {
    let rows = try connection.query(
      """
      SELECT
        task, source, owner, \(SinkSession.isHeld), generation, epoch, is_flushed,
        \(Self.time("data_watermark")),
        committed_at, extract(epoch FROM clock_timestamp() - committed_at),
        \(Self.columns(of: .clicks)),
        \(Self.columns(of: .checkouts)),
        gap_count, gap_records,
        stop_reason, stopped_at, extract(epoch FROM clock_timestamp() - stopped_at)
      FROM ecommerce.stream_progress
      LEFT JOIN LATERAL (
        SELECT \(GapCount.selection)
        FROM ecommerce.log_gaps AS g
        WHERE g.task = stream_progress.task
      ) AS gaps ON true
      ORDER BY task
      """
    )
    return rows.map { TaskStatus(Row(values: $0[...])) }
  }

  // MARK: - Columns

  /// Microseconds since the epoch; infinity as the engine writes it.
  private static func time(_ column: String) -> String {
    """
    CASE \(column)
      WHEN 'infinity' THEN \(Int64.max)
      WHEN '-infinity' THEN \(Int64.min + 1) - 1
      ELSE floor(extract(epoch FROM \(column)) * 1000000)::bigint
    END
    """
  }

  /// In the order in which `Row.input` takes them.
  private static func columns(of stream: StreamKind) -> String {
    let name = stream.rawValue
    let counts = [
      "records", "stored", "duplicates", "dead_letters", "late", "late_dropped", "bytes",
    ]
    return
      (["\(name)_position", "\(name)_rebuild_position", time("\(name)_watermark")]
      + counts.map { "\(name)_\($0)" }).joined(separator: ", ")
  }
}

/// The values of a row, taken from left to right.
private struct Row {
  var values: ArraySlice<String?>

  mutating func optionalText() -> String? { values.popFirst() ?? nil }
  mutating func text() -> String { optionalText() ?? "" }
  mutating func number() -> Int64 { Int64(text()) ?? 0 }
  mutating func time() -> EventTime { EventTime(microseconds: number()) }

  mutating func input() -> TaskProgress.Input {
    var input = TaskProgress.Input()
    input.position = optionalText().map(SourcePosition.init)
    input.rebuildPosition = optionalText().map(SourcePosition.init)
    input.watermark = time()
    input.counts.records = number()
    input.counts.stored = number()
    input.counts.duplicates = number()
    input.counts.deadLetters = number()
    input.counts.late = number()
    input.counts.lateDropped = number()
    input.counts.bytes = number()
    return input
  }
}

extension TaskStatus {
  /// Of the columns that `StatusQuery.tasks` selects, in their order.
  fileprivate init(_ row: Row) {
    var row = row
    task = Int(row.number())
    source = row.text()
    owner = row.text()
    isHeld = row.text() == "t"
    generation = row.number()
    epoch = row.number()
    progress = TaskProgress()
    progress.isFlushed = row.text() == "t"
    progress.watermark = row.time()
    committedAt = row.text()
    secondsSinceCommit = Double(row.text()) ?? 0
    progress.clicks = row.input()
    progress.checkouts = row.input()
    gaps = GapCount(gaps: Int(row.number()), records: row.optionalText().flatMap { Int($0) })
    stop = row.optionalText().map {
      Stop(stoppedAt: row.text(), secondsSince: Double(row.text()) ?? 0, reason: $0)
    }
  }
}
