import Attribution
import Connect
import Dataflow

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One task's writer: each commit is one transaction that ends with a compare-and-set of the task's
/// line in `stream_progress`.
///
/// ```
/// open      take the line over: generation + 1
/// commit    BEGIN, raw rows, answers, late events, dead letters,
///           line: epoch e -> e + 1 if generation and epoch are ours, COMMIT
/// failed    the connection is dropped; the next commit reads the line first:
///             epoch e      nothing arrived: repeat
///             epoch e + 1  the COMMIT arrived, only its answer was lost: done
///             epoch < e    the server forgot acknowledged commits: rewound
///             generation > ours: fenced
/// ```
final class PostgresTaskSink: TaskSink {
  private let address: PostgresAddress
  private let task: Int32
  private let source: String
  private let rule: AttributionRule
  private let fault: Fault?
  private let recentByteLimit: Int

  /// Nil before `open` and after a failure.
  private var session: SinkSession?
  private var generation: Int64 = 0
  /// The last epoch known to be committed.
  private var committedEpoch: Int64 = 0
  /// Knows nothing before `open`.
  private var recent: RecentEvents
  /// True after a commit that failed: whether it arrived is not known.
  private var isUncertain = false
  /// True after a commit that another session's locks held up.
  private var isHeldUp = false

  init(
    address: PostgresAddress,
    task: Int32,
    source: String,
    rule: AttributionRule,
    fault: Fault?,
    recentByteLimit: Int
  ) {
    self.address = address
    self.task = task
    self.source = source
    self.rule = rule
    self.fault = fault
    self.recentByteLimit = recentByteLimit
    recent = RecentEvents(rule: rule, after: .endOfInput, byteLimit: recentByteLimit)
  }

  func open() throws(ConnectorError) -> TaskProgress? {
    close()
    let session = try SinkSession(address, task: task)
    let connection = session.connection
    // Fencing must survive a crash of the server, whatever commits do.
    try connection.execute("SET synchronous_commit = on")
    let rows = try takeOver(in: session)
    try connection.execute("RESET synchronous_commit")
    guard let row = rows.first else { throw try mismatch(connection) }
    try session.endFormerSessions()
    let line = StoredLine(row)
    generation = line.generation
    committedEpoch = line.epoch
    isUncertain = false
    recent = RecentEvents(
      rule: rule,
      after: line.greatestEventTime,
      byteLimit: recentByteLimit
    )
    self.session = session
    return line.epoch == 0 ? nil : line.progress
  }

  /// Takes the line over; a commit under way may finish first, one that hangs is ended.
  private func takeOver(in session: SinkSession) throws(ConnectorError) -> [[String?]] {
    let connection = session.connection
    let values = [
      String(task), source, Self.owner, String(rule.window.microseconds / 1_000_000),
      rule.emission.rawValue, rule.latePolicy.rawValue,
    ]
    try connection.execute("SET lock_timeout = '\(Self.takeoverPatience)'")
    let rows: [[String?]]
    do throws(ConnectorError) {
      rows = try connection.query(ProgressLine.takeOver, values)
    } catch {
      guard error.message.contains(SinkSession.lockNotAvailable) else { throw error }
      try session.endFormerSessions()
      rows = try connection.query(ProgressLine.takeOver, values)
    }
    try connection.execute("SET lock_timeout = '\(SinkSession.lockTimeout)'")
    return rows
  }

  /// What a healthy worker's commit needs between its last statement and its end, many times over.
  private static let takeoverPatience = "2s"

  /// `host:pid`, for people.
  static var owner: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(
      decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
      as: UTF8.self
    )
    return "\(host):\(getpid())"
  }

  private func mismatch(_ connection: PostgresConnection) throws(ConnectorError) -> ConnectorError {
    let row = try connection.query(
      "SELECT source, window_seconds FROM ecommerce.stream_progress WHERE task = $1",
      [String(task)]
    ).first
    let storedSource = row?.first.flatMap { $0 } ?? "?"
    let storedWindow = row?.last.flatMap { $0 } ?? "?"
    if storedSource != source {
      return ConnectorError(
        .permanent,
        "the database at \(address) holds task \(task) of the log \(storedSource): "
          + "expected \(source)",
        hint: "Name another database for this log, or the log that this one is fed from."
      )
    }
    return ConnectorError(
      .permanent,
      "the database at \(address) was filled with a window of \(storedWindow) s: "
        + "expected \(rule.window.microseconds / 1_000_000) s",
      hint: "Run with that --window, or name another database."
    )
  }

  func droppedEventIDs(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> Set<[UInt8]> {
    do {
      let rows = try openSession().connection.query(
        """
        SELECT event_id FROM ecommerce.late_events
        WHERE task = $1 AND stream = $2 AND outcome = 'dropped' AND event_timestamp >= $3
        """,
        [String(task), stream.rawValue, horizon.postgresText]
      )
      return Set(rows.compactMap { $0.first.flatMap { $0 }.map { Array($0.utf8) } })
    } catch {
      close()
      throw error
    }
  }

  func resentPlaces(
    _ stream: StreamKind,
    since horizon: EventTime
  ) throws(ConnectorError) -> [[UInt8]: Set<String>] {
    do {
      return try openSession().resentPlaces(stream, task: Int(task), since: horizon)
    } catch {
      close()
      throw error
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
      throw error
    }
  }

  func makeEpoch() -> any Epoch { PostgresEpoch(task: task, rule: rule, recent: recent) }

  func recycle(_ epoch: any Epoch) { (epoch as? PostgresEpoch)?.recycle() }

  func close() {
    session?.connection.close()
    session = nil
  }

  func commit(
    _ epoch: any Epoch,
    progress: TaskProgress
  ) throws(ConnectorError) -> CommitReceipt {
    guard let epoch = epoch as? PostgresEpoch, epoch.task == task else {
      preconditionFailure("an epoch of another sink was committed to task \(task)")
    }
    precondition(generation > 0, "task \(task) commits without having been opened")
    do {
      if isUncertain, let receipt = try resume(progress) { return receipt }
      let receipt = try writeOnce(epoch, progress: progress, in: openSession())
      committedEpoch += 1
      return receipt
    } catch {
      isUncertain = true
      isHeldUp = error.message.contains(SinkSession.lockNotAvailable)
      close()
      throw error
    }
  }

  private func openSession() throws(ConnectorError) -> SinkSession {
    if let session { return session }
    let session = try SinkSession(address, task: task)
    if isHeldUp { try session.endFormerSessions() }
    isHeldUp = false
    self.session = session
    return session
  }

  /// After a failure: finds out whether the former try had committed.
  ///
  /// - Returns: its receipt if it had; nil if it must be repeated.
  private func resume(_ progress: TaskProgress) throws(ConnectorError) -> CommitReceipt? {
    let line = try storedLine(openSession().connection)
    isUncertain = false
    if line.epoch == committedEpoch { return nil }
    committedEpoch += 1
    return CommitReceipt(given: progress, stored: line.progress)
  }

  /// Reads the line; the epoch of what it returns is ours or one more.
  private func storedLine(_ connection: PostgresConnection) throws(ConnectorError) -> StoredLine {
    let row = try connection.query(ProgressLine.standing, [String(task)]).first
    let line = row.map { StoredLine($0) }
    let epoch = line?.epoch ?? 0
    let storedGeneration = line?.generation ?? 0
    guard storedGeneration <= generation, epoch <= committedEpoch + 1 else {
      throw ConnectorError(
        .fenced,
        "another worker has taken task \(task) over at \(address)",
        hint: "Let one job at a time feed a database."
      )
    }
    guard let line, storedGeneration == generation, epoch >= committedEpoch else {
      throw ConnectorError(
        .rewound,
        "the server at \(address) has forgotten commits of task \(task): "
          + "expected epoch \(committedEpoch), found \(epoch)",
        hint: "It crashed with synchronous_commit off; reading goes on from what it still has."
      )
    }
    return line
  }

  /// Writes the epoch; where its answers are refused as second ones, again without the resends.
  private func writeOnce(
    _ epoch: PostgresEpoch,
    progress: TaskProgress,
    in session: SinkSession
  ) throws(ConnectorError) -> CommitReceipt {
    do {
      return try write(epoch, progress: progress, in: session)
    } catch {
      guard Resends.areSuspected(in: error) else { throw error }
      try session.connection.execute("ROLLBACK")
      return try writeWithoutResends(epoch, progress: progress, in: session)
    }
  }

  /// Writes the epoch without the resends that are stored by then.
  ///
  /// Answers that come in between are another worker's, which has taken the task over: then that is
  /// thrown.
  private func writeWithoutResends(
    _ epoch: PostgresEpoch,
    progress: TaskProgress,
    in session: SinkSession
  ) throws(ConnectorError) -> CommitReceipt {
    do {
      return try write(epoch, leavingOutResends: true, progress: progress, in: session)
    } catch {
      guard Resends.areSuspected(in: error) else { throw error }
      try session.connection.execute("ROLLBACK")
      _ = try storedLine(session.connection)
      throw error
    }
  }

  private func write(
    _ epoch: PostgresEpoch,
    leavingOutResends: Bool = false,
    progress: TaskProgress,
    in session: SinkSession
  ) throws(ConnectorError) -> CommitReceipt {
    let connection = session.connection
    let rules = LateRules(
      task: task,
      window: rule.window,
      watermark: progress.isFlushed ? .endOfInput : progress.watermark
    )
    let memory = try rules.settleByMemory(epoch, on: connection)
    // A late checkout may be the first of what is sent again on time: the stored rows tell.
    let settled = leavingOutResends ? SettledLate() : memory
    try session.prepare(for: epoch, settled)
    fault.pass(.beforeBegin)
    try connection.execute("BEGIN")
    fault.pass(.afterBegin)
    var resentCheckouts: Int64 = 0
    if leavingOutResends {
      resentCheckouts = try session.copyLeavingOutResends(of: epoch)
    } else if rule.emission == .final {
      resentCheckouts = try session.copyAllButResends(of: epoch, settled)
      fault.pass(.afterRawCopy)
    } else {
      try session.copyRawRows(of: epoch, settled)
      fault.pass(.afterRawCopy)
      try session.copyAnswers(of: epoch, settled)
    }
    fault.pass(.afterAttributions)
    var receipt = try session.settleLateEvents(of: epoch, settled, by: rules)
    receipt.resentCheckouts = resentCheckouts
    fault.pass(.afterLate)
    try session.copyDeadLetters(of: epoch)
    try session.copyGaps(of: epoch)
    try session.copyResends(of: epoch)
    fault.pass(.beforeProgress)
    try advance(
      connection,
      to: progress.corrected(by: receipt),
      greatestEventTime: epoch.greatestEventTime
    )
    // Nobody commits after the flush, who would notice that a crashed server has forgotten it.
    if progress.isFlushed { try connection.execute(Self.waitForDisk) }
    fault.pass(.beforeCommit)
    try finish(connection)
    fault.pass(.afterCommit)
    return receipt
  }

  /// Turns asynchronous commits off for a transaction; stricter settings than `on` stay.
  private static let waitForDisk = """
    SELECT set_config('synchronous_commit', 'on', true)
    WHERE current_setting('synchronous_commit') = 'off'
    """

  private func advance(
    _ connection: PostgresConnection,
    to progress: TaskProgress,
    greatestEventTime: EventTime
  ) throws(ConnectorError) {
    let tag = try connection.execute(
      ProgressLine.advance,
      [
        String(task), String(generation), String(committedEpoch), greatestEventTime.postgresText,
      ] + ProgressLine.values(progress)
    )
    guard tag.rowCount != 1 else { return }
    try connection.execute("ROLLBACK")
    _ = try storedLine(connection)
    throw ConnectorError(
      .fenced,
      "the line of task \(task) at \(address) was changed by another worker"
    )
  }

  private func finish(_ connection: PostgresConnection) throws(ConnectorError) {
    if let fault, fault.strikes(at: .lostCommitAck) {
      try connection.abandon(after: "COMMIT")
      throw ConnectorError(.transient, "lost the connection to \(address) during COMMIT")
    }
    let tag = try connection.execute("COMMIT")
    guard tag.text == "COMMIT" else {
      throw ConnectorError(.transient, "COMMIT answered \(tag.text) at \(address)")
    }
  }
}
