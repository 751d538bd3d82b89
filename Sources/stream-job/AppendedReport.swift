import Connect
import Logging
import Programs
import Runtime

/// What a run into rows that are never revised has to say at its end.
struct AppendedReport {
  private let rows: AppendedRows
  private let sink: SinkURI

  /// Nil for a sink that revises its rows.
  init?(of sink: any Sink, at destination: Destination) {
    guard let rows = sink.appendedRows, case .files(let uri) = destination else { return nil }
    self.rows = rows
    self.sink = uri
  }

  /// Fails for a bounded run that was stopped before the log's end: there is nothing committed that
  /// the next run could go on from.
  func requireWhole() throws(Failure) {
    guard !rows.areWhole else { return }
    let written =
      rows.checkouts == 0
      ? "nothing was written to \(sink)"
      : "\(Figures.grouped(rows.checkouts)) rows of a part of it were written to \(sink)"
    throw Failure(
      .failed,
      "interrupted before the log's end: \(written)",
      hint: "Run it again, from the log's start; into postgres: a run goes on where it was stopped."
    )
  }

  /// Late events change no row here: the rows are then not what the rule says of all events.
  func warnOfLateEvents(among tasks: [TaskStatistics], logger: Logger) {
    let clicks = tasks.reduce(0) { $0 + $1.clicks.counts.lateDropped }
    let checkouts = tasks.reduce(0) { $0 + $1.checkouts.counts.lateDropped }
    guard clicks + checkouts > 0 else { return }
    logger.warning(
      """
      \(Figures.grouped(checkouts)) late checkouts have no row in \(sink), \
      \(Figures.grouped(clicks)) late clicks count for none\
      \(rows.lateEventsPath.map { "; \($0) lists them" } ?? "")
      """,
      metadata: ["hint": "run into postgres:, or batch-job attribute on the log's files"]
    )
  }
}
