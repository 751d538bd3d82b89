import Connect
import Logging
import PostgresConnect

/// How far a position is behind the end of its log.
struct Lag {
  var amount: Int64
  var unit: LagUnit
}

/// Measures how far committed positions are behind the end of the log they belong to.
struct LagMeter {
  private static let patience = Duration.seconds(3)

  /// The log that was named; a file log is found again without it.
  private let named: SourceChoice?
  /// That one, if it is a file log: it may have been moved since the database was fed from it.
  private let namedFiles: (any Source)?
  /// Logs by identity, or why one cannot be read from here.
  private var logs: [String: Result<any Source, ConnectorError>] = [:]

  /// - Throws: for a file log that cannot be read; one behind a network may be away for a while.
  init(at named: SourceChoice?) throws(ConnectorError) {
    self.named = named
    namedFiles =
      if let named, named.isFileLog { try named.open(logger: Self.silent) } else { nil }
  }

  /// The lag, or why it cannot be measured.
  ///
  /// - Throws: where the file log that was named is not the one that was read.
  mutating func measure(
    _ stream: StreamKind,
    of status: TaskStatus
  ) throws(ConnectorError) -> Result<Lag, ConnectorError> {
    if let namedFiles, Self.directory(status.source) != nil {
      return .success(try Self.lag(of: status, in: stream, of: namedFiles))
    }
    let log = log(status.source)
    return Result { () throws(ConnectorError) in
      try Self.lag(of: status, in: stream, of: log.get())
    }
  }

  private static func lag(
    of status: TaskStatus,
    in stream: StreamKind,
    of log: any Source
  ) throws(ConnectorError) -> Lag {
    let input = stream == .clicks ? status.progress.clicks : status.progress.checkouts
    let reader = try log.open(stream, partition: status.task, at: input.position, until: .never)
    return Lag(amount: try reader.lag(), unit: log.lagUnit)
  }

  private mutating func log(_ identity: String) -> Result<any Source, ConnectorError> {
    if let log = logs[identity] { return log }
    let log = Result { () throws(ConnectorError) in try open(identity) }
    logs[identity] = log
    return log
  }

  private func open(_ identity: String) throws(ConnectorError) -> any Source {
    if let directory = Self.directory(identity) { return try FileLog(directory: directory) }
    guard let named else {
      throw ConnectorError(.usage, "--from does not name the log \(identity)")
    }
    let log = try named.open(patience: Self.patience, logger: Self.silent)
    guard log.identity == identity else {
      throw ConnectorError(.usage, "--from names \(log.identity), the task's log is \(identity)")
    }
    return log
  }

  /// Of a file log.
  private static func directory(_ identity: String) -> String? {
    guard case .file(let directory) = try? StreamURI(parsing: identity) else { return nil }
    return directory
  }

  private static let silent = Logger(label: "status") { _ in SwiftLogNoOpLogHandler() }
}
