import Logging

/// What is tried again and again, without the waiting: when next, and what is logged of it.
///
///     try --succeeded--> done
///      ^ \
///      |  failed, with a delay | failed, thrown --> given up
///      +--------+
///
/// One log line when trouble starts and one when it is over.
package struct Attempt: Sendable {
  private let name: String
  private let task: Int?
  private let logger: Logger
  private let limit: Int?
  private let noteTrouble: @Sendable () -> Void
  private var backoff = Backoff()
  private var random = SystemRandomNumberGenerator()

  /// - Parameters:
  ///   - name: what is tried, for the log, such as "commit".
  ///   - task: whose attempt it is; nil: the whole job's.
  ///   - logger: told when trouble starts and when it is over.
  ///   - limit: retries before a transient error is thrown; nil: no bound.
  ///   - noteTrouble: called after every try that did not succeed.
  init(
    _ name: String,
    of task: Int?,
    logger: Logger,
    limit: Int?,
    noteTrouble: @escaping @Sendable () -> Void
  ) {
    self.name = name
    self.task = task
    self.logger = logger
    self.limit = limit
    self.noteTrouble = noteTrouble
  }

  /// A try has succeeded: the last one.
  package func succeeded() {
    guard backoff.retries > 0 else { return }
    logger.info(
      "\(name) succeeded after retries",
      metadata: metadata.merging(["retries": "\(backoff.retries)"]) { $1 }
    )
  }

  /// A try has failed.
  ///
  /// - Returns: how long to wait before the next one.
  /// - Throws: the error, where there is to be none: it will not pass, or has stayed until the limit.
  package mutating func failed(_ error: ConnectorError) throws(ConnectorError) -> Duration {
    guard error.kind == .transient, limit.map({ backoff.retries < $0 }) ?? true else {
      throw error
    }
    noteTrouble()
    if backoff.retries == 0 {
      logger.warning(
        "\(name) did not succeed, retrying with backoff",
        metadata: metadata.merging(["error": "\(error)"]) { $1 }
      )
    }
    return backoff.nextDelay(using: &random)
  }

  /// What to say where there is no time for the next try.
  package func givenUp(for error: ConnectorError) -> ConnectorError {
    let whose = task.map { " of task \($0)" } ?? ""
    return ConnectorError(
      error.kind,
      "gave up the \(name)\(whose) at the stop: \(error.message)",
      hint: "nothing is lost: the next run does what was not committed"
    )
  }

  private var metadata: Logger.Metadata { task.map { ["task": "\($0)"] } ?? [:] }
}
