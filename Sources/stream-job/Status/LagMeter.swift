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

  /// The log that a run would read now; a file log is found without it.
  private let configured: SourceChoice?
  /// Logs by identity; nil for one that cannot be read from here.
  private var logs: [String: (any Source)?] = [:]

  init(configured: SourceChoice?) { self.configured = configured }

  /// Nil where it cannot be measured.
  mutating func measure(_ stream: StreamKind, of status: TaskStatus) -> Lag? {
    guard let log = log(status.source) else { return nil }
    let input = stream == .clicks ? status.progress.clicks : status.progress.checkouts
    let reader = try? log.open(stream, partition: status.task, at: input.position, until: .never)
    guard let amount = try? reader?.lag() else { return nil }
    return Lag(amount: amount, unit: log.lagUnit)
  }

  private mutating func log(_ identity: String) -> (any Source)? {
    if let log = logs[identity] { return log }
    let log = Self.fileLog(identity) ?? configuredLog(identity)
    logs[identity] = .some(log)
    return log
  }

  private static func fileLog(_ identity: String) -> (any Source)? {
    guard case .file(let directory) = try? StreamURI(parsing: identity) else { return nil }
    return try? FileLog(directory: directory)
  }

  private func configuredLog(_ identity: String) -> (any Source)? {
    let silent = Logger(label: "status") { _ in SwiftLogNoOpLogHandler() }
    let log = try? configured?.open(patience: Self.patience, logger: silent)
    return log.flatMap { $0.identity == identity ? $0 : nil }
  }
}
