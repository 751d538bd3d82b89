package import Attribution
package import Connect

/// Attributed rows, raw rows and progress in PostgreSQL, schema `ecommerce`.
///
/// The schema must have been migrated. Each task has a connection of its own. A sink and its copies
/// are one worker.
package struct PostgresSink: Sink {
  private let address: PostgresAddress
  private let fault: Fault?
  private let recentMemory: RecentMemory
  private let worker = WorkerIdentity()

  /// Some 4 million events of the usual kind.
  package static let defaultRecentByteCount = 512 << 20

  /// Makes the sink for an address.
  ///
  /// - Parameters:
  ///   - address: of the database.
  ///   - fault: where a crash test strikes.
  ///   - recentByteCount: what all tasks together may remember of the events that they stored, in
  ///     bytes.
  package init(
    _ address: PostgresAddress,
    fault: Fault? = .fromEnvironment,
    recentByteCount: Int = defaultRecentByteCount
  ) {
    self.address = address
    self.fault = fault
    recentMemory = RecentMemory(byteCount: recentByteCount)
  }

  package var acceptsRevisions: Bool { true }

  /// The database's name and eight digits of when its tables were made.
  package func sharedIdentity() throws(ConnectorError) -> String? {
    let connection = try connect(as: "firstclick identity")
    defer { connection.close() }
    return try connection.query(
      """
      SELECT current_database() || '-' || left(md5(min(applied_at)::text), 8)
      FROM ecommerce.schema_version
      """
    ).first?.first.flatMap(\.self)
  }

  package func standings(of source: String) throws(ConnectorError) -> [Int: TaskStanding] {
    let connection = try connect(as: "firstclick standings")
    defer { connection.close() }
    let rows = try connection.query(
      "SELECT task, epoch, is_flushed FROM ecommerce.stream_progress WHERE source = $1",
      [source]
    )
    var standings: [Int: TaskStanding] = [:]
    for row in rows {
      guard let task = row[0].flatMap({ Int($0) }), let epoch = row[1].flatMap({ Int64($0) }) else {
        continue
      }
      standings[task] = TaskStanding(epoch: epoch, isFlushed: row[2] == "t")
    }
    return standings
  }

  package func requireRoom(forTasks count: Int) throws(ConnectorError) {
    let connection = try connect(as: "firstclick limits")
    defer { connection.close() }
    try ConnectionLimit(on: connection).require(forTasks: count)
  }

  /// A connection for one question, which waits for other sessions' locks so shortly that a stop of
  /// the job, which waits for the answer, is in time.
  private func connect(as name: String) throws(ConnectorError) -> PostgresConnection {
    let connection = try PostgresConnection(address, applicationName: name)
    try connection.execute("SET lock_timeout = '400ms'")
    return connection
  }

  package func leaseTasks(
    of source: String,
    count: Int
  ) throws(ConnectorError) -> (any TaskAssignment)? {
    try TaskLeases(at: address, of: source, count: count, for: worker)
  }

  package func makeReadsLedger() -> (any ReadsLedger)? { LogReadsLedger(address, of: worker) }

  /// Makes the sink of a task; connects when it is opened.
  package func makeTask(
    _ task: Int,
    source identity: String,
    rule: AttributionRule
  ) throws(ConnectorError) -> any TaskSink {
    PostgresTaskSink(
      address: address,
      task: Int32(task),
      source: identity,
      rule: rule,
      fault: fault,
      recentMemory: recentMemory
    )
  }
}
