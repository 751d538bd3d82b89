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
  /// Logs by identity; nil for one that cannot be read from here.
  private var logs: [String: (any Source)?] = [:]

  /// - Throws: for a file log that cannot be read; one behind a network may be away for a while.
  init(at named: SourceChoice?) throws(ConnectorError) {
    self.named = named
    namedFiles =
      if let named, named.isFileLog { try named.open(logger: Self.silent) } else { nil }
  }

  /// Nil where it cannot be measured.
  ///
  /// - Throws: where the file log that was named is not the one that was read.
  mutating func measure(
    _ stream: StreamKind,
    of status: TaskStatus
  ) throws(ConnectorError) -> Lag? {
    if let namedFiles, Self.directory(status.source) != nil {
      return try Self.lag(of: status, in: stream, of: namedFiles)
    }
    guard let log = log(status.source) else { return nil }
    return try? Self.lag(of: status, in: stream, of: log)
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

  private mutating func log(_ identity: String) -> (any Source)? {
    if let log = logs[identity] { return log }
    let log = Self.fileLog(identity) ?? namedLog(identity)
    logs[identity] = .some(log)
    return log
  }

  private static func fileLog(_ identity: String) -> (any Source)? {
    directory(identity).flatMap { try? FileLog(directory: $0) }
  }

  /// Of a file log.
  private static func directory(_ identity: String) -> String? {
    guard case .file(let directory) = try? StreamURI(parsing: identity) else { return nil }
    return directory
  }

  private func namedLog(_ identity: String) -> (any Source)? {
    let log = try? named?.open(patience: Self.patience, logger: Self.silent)
    return log.flatMap { $0.identity == identity ? $0 : nil }
  }

  private static let silent = Logger(label: "status") { _ in SwiftLogNoOpLogHandler() }
}
