import Connect
import Dataflow

/// What a rebuild of the task's state asks of the stored rows.
extension PostgresTaskSink {
  func droppedTimes(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<EventTime>] {
    try ask { session throws(ConnectorError) in
      try session.droppedTimes(stream, since: horizon)
    }
  }

  func resentPlaces(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<String>] {
    try ask { session throws(ConnectorError) in
      try session.resentPlaces(stream, since: horizon)
    }
  }

  func answeredIDs(
    among checkouts: [UnsafeRawBufferPointer]
  ) throws(ConnectorError) -> Set<[UInt8]> {
    guard !checkouts.isEmpty else { return [] }
    var questions = CopyBuffer()
    for fields in checkouts { RecentAnswers.writeQuestion(fields, to: &questions) }
    do {
      return try openSession().answeredIDs(among: questions)
    } catch {
      close()
      throw interruption(error)
    }
  }

  /// Gives up the session where it fails: the next question is asked on a new one.
  private func ask<Result>(
    _ question: (SinkSession) throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    do {
      return try question(openSession())
    } catch {
      close()
      throw interruption(error)
    }
  }
}

extension SinkSession {
  /// Times of the task's dropped events by event_id.
  fileprivate func droppedTimes(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<EventTime>] {
    let rows = try connection.query(
      """
      SELECT event_id, \(ProgressLine.hexadecimal("event_timestamp")) FROM ecommerce.late_events
      WHERE task = $1 AND stream = $2 AND outcome = 'dropped' AND event_timestamp >= $3
      """,
      [String(task), stream.rawValue, horizon.postgresText]
    )
    var times: [[UInt8]: Set<EventTime>] = [:]
    for row in rows {
      guard let id = row[0] else { continue }
      times[Array(id.utf8), default: []].insert(ProgressLine.time(row[1]))
    }
    return times
  }

  /// Places of the task's resends by event_id.
  fileprivate func resentPlaces(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<String>] {
    let rows = try connection.query(
      """
      SELECT event_id, log_position FROM \(ResendRow.table)
      WHERE task = $1 AND stream = $2 AND event_timestamp >= $3
      """,
      [String(task), stream.rawValue, horizon.postgresText]
    )
    var places: [[UInt8]: Set<String>] = [:]
    for row in rows {
      guard let id = row[0], let place = row[1] else { continue }
      places[Array(id.utf8), default: []].insert(place)
    }
    return places
  }

  /// Which of the checkouts, given as rows of `StagingTables.questions`, are answered under the same
  /// time, by checkout_id: an index look-up each.
  fileprivate func answeredIDs(
    among checkouts: borrowing CopyBuffer
  ) throws(ConnectorError) -> Set<[UInt8]> {
    try makeStagingTables()
    try connection.execute("BEGIN")
    try connection.copy(
      checkouts,
      into: StagingTables.questions,
      columns: RecentAnswers.questionColumns
    )
    let rows = try connection.query(StagingTables.answeredQuestions)
    try connection.execute("COMMIT")
    return Set(rows.compactMap { $0.first.flatMap { $0 }.map { Array($0.utf8) } })
  }
}
