import Connect
import PostgresConnect

/// Measures how far committed positions are behind the end of the log they belong to.
struct LagMeter {
  /// Logs by identity; nil for one that cannot be read from here.
  private var logs: [String: (any Source)?] = [:]

  /// In the log's own unit, bytes for files; nil where it cannot be measured.
  mutating func measure(_ stream: StreamKind, of status: TaskStatus) -> Int64? {
    let input = stream == .clicks ? status.progress.clicks : status.progress.checkouts
    let reader = try? log(status.source)?
      .open(stream, partition: status.task, at: input.position, until: .never)
    return try? reader?.lag()
  }

  private mutating func log(_ identity: String) -> (any Source)? {
    if let log = logs[identity] { return log }
    let log = try? StreamURI(parsing: identity).makeSource()
    logs[identity] = .some(log)
    return log
  }
}
