package import Logging

/// Repeats what fails for a passing reason, with backoff, until it succeeds or the job must end.
///
/// One log line when trouble starts and one when it is over.
package struct Retry: Sendable {
  private let logger: Logger
  private let limit: Int?
  private let wait: @Sendable (Duration) -> Bool
  private let noteTrouble: @Sendable () -> Void

  /// - Parameters:
  ///   - logger: told when trouble starts and when it is over.
  ///   - limit: retries before a transient error is thrown; nil: no bound.
  ///   - wait: blocks for about so long; false when there is no time for another try.
  ///   - noteTrouble: called after every try that did not succeed.
  package init(
    logger: Logger,
    limit: Int? = nil,
    wait: @escaping @Sendable (Duration) -> Bool,
    noteTrouble: @escaping @Sendable () -> Void = {}
  ) {
    self.logger = logger
    self.limit = limit
    self.wait = wait
    self.noteTrouble = noteTrouble
  }

  /// Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - attempt: what is tried, for the log, such as "commit".
  ///   - task: whose attempt it is; nil: the whole job's.
  ///   - body: made anew for every try.
  /// - Returns: what `body` returned.
  /// - Throws: an error of `body` that is not transient, or that stayed until the limit or the stop.
  package func callAsFunction<Result>(
    _ attempt: String,
    of task: Int? = nil,
    _ body: () throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    let metadata: Logger.Metadata = task.map { ["task": "\($0)"] } ?? [:]
    while true {
      do {
        let result = try body()
        if backoff.retries > 0 {
          logger.info(
            "\(attempt) succeeded after retries",
            metadata: metadata.merging(["retries": "\(backoff.retries)"]) { $1 }
          )
        }
        return result
      } catch {
        guard error.kind == .transient, limit.map({ backoff.retries < $0 }) ?? true else {
          throw error
        }
        noteTrouble()
        if backoff.retries == 0 {
          logger.warning(
            "\(attempt) did not succeed, retrying with backoff",
            metadata: metadata.merging(["error": "\(error)"]) { $1 }
          )
        }
        guard wait(backoff.nextDelay(using: &random)) else {
          let whose = task.map { " of task \($0)" } ?? ""
          throw ConnectorError(
            error.kind,
            "gave up the \(attempt)\(whose) at the stop: \(error.message)",
            hint: "nothing is lost: the next run does what was not committed"
          )
        }
      }
    }
  }
}
