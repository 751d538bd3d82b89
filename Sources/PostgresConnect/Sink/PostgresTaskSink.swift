import Attribution
import Connect
import Dataflow
import Synchronization

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
  let address: PostgresAddress
  let task: Int32
  private let source: String
  let rule: AttributionRule
  let fault: Fault?
  private let recentMemory: RecentMemory

  /// Nil before `open` and after a failure.
  private var session: SinkSession?
  /// What the session is at, for other threads to end.
  private let statement = Mutex<StatementCancel?>(nil)
  private(set) var generation: Int64 = 0
  /// The last epoch known to be committed.
  var committedEpoch: Int64 = 0
  /// The last epoch before `open`.
  private(set) var formerEpoch: Int64 = 0
  /// Knows nothing before `open`.
  private var recent: RecentEvents
  /// True after a commit that failed: whether it arrived is not known.
  var isUncertain = false
  /// True after a commit that another session's locks held up.
  var isHeldUp = false

  init(
    address: PostgresAddress,
    task: Int32,
    source: String,
    rule: AttributionRule,
    fault: Fault?,
    recentMemory: RecentMemory
  ) {
    self.address = address
    self.task = task
    self.source = source
    self.rule = rule
    self.fault = fault
    self.recentMemory = recentMemory
    recent = RecentEvents(rule: rule, after: .endOfInput, within: recentMemory)
  }

  func open() throws(ConnectorError) -> TaskProgress? {
    close()
    do {
      return try open(connect())
    } catch {
      throw interruption(error)
    }
  }

  private func open(_ session: SinkSession) throws(ConnectorError) -> TaskProgress? {
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
    formerEpoch = line.epoch
    isUncertain = false
    recent = RecentEvents(
      rule: rule,
      after: line.greatestEventTime,
      within: recentMemory
    )
    self.session = session
    return line.epoch == 0 ? nil : line.progress
  }

  /// Takes the line over; a commit under way may finish first, one that hangs is ended.
  private func takeOver(in session: SinkSession) throws(ConnectorError) -> [[String?]] {
    let connection = session.connection
    let values = [
      String(task), source, WorkerIdentity.hostAndProcess, rule.window.wholeSeconds,
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

  private func mismatch(_ connection: PostgresConnection) throws(ConnectorError) -> ConnectorError {
    let row = try connection.query(
      "SELECT source, window_seconds FROM ecommerce.stream_progress WHERE task = $1",
      [String(task)]
    ).first
    let storedSource = row?.first.flatMap { $0 } ?? "?"
    let storedWindow = row?.last.flatMap { $0 } ?? "?"
    if storedSource != source {
      return .otherLog(
        in: "the database at \(address)",
        task: Int(task),
        of: storedSource,
        expected: source
      )
    }
    return .otherWindow(at: address, of: storedWindow, expected: rule.window)
  }

  func noteStop(for reason: String) throws(ConnectorError) {
    do {
      _ = try openSession().connection.query(
        ProgressLine.stop,
        [String(task), String(generation), reason]
      )
    } catch {
      close()
      throw error
    }
  }

  func makeEpoch() -> any Epoch { PostgresEpoch(task: task, rule: rule, recent: recent) }

  func recycle(_ epoch: any Epoch) { (epoch as? PostgresEpoch)?.recycle() }

  // MARK: The session

  /// The session, made again after a failure.
  func openSession() throws(ConnectorError) -> SinkSession {
    if let session { return session }
    let session = try connect()
    if isHeldUp { try session.endFormerSessions() }
    isHeldUp = false
    self.session = session
    return session
  }

  private func connect() throws(ConnectorError) -> SinkSession {
    let session = try SinkSession(address, task: task)
    statement.withLock { $0 = StatementCancel(of: session.connection) }
    return session
  }

  /// Asks the server's process to end the statement that it is at.
  func interrupt() {
    let statement = statement.withLock { $0 }
    statement?()
  }

  /// What an error of this sink says to the job: a statement that was canceled may be tried again.
  func interruption(_ error: ConnectorError) -> ConnectorError {
    guard error.isOfCanceledStatement else { return error }
    return ConnectorError(
      .transient,
      "was still waiting at \(address) when the statement was canceled; "
        + "another session may hold locks on the tables, or late events take long to settle"
    )
  }

  func close() {
    statement.withLock { $0 = nil }
    session?.connection.close()
    session = nil
  }
}
