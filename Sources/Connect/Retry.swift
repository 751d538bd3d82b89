package import Logging

/// Repeats what fails for a passing reason, with backoff, until it succeeds or the job must end.
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

  /// Begins what the caller repeats by itself, without blocking a thread.
  package func attempt(_ name: String, of task: Int? = nil) -> Attempt {
    Attempt(name, of: task, logger: logger, limit: limit, noteTrouble: noteTrouble)
  }

  /// Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - name: what is tried, for the log, such as "takeover".
  ///   - task: whose attempt it is; nil: the whole job's.
  ///   - body: made anew for every try.
  /// - Returns: what `body` returned.
  /// - Throws: an error of `body` that is not transient, or that stayed until the limit or the stop.
  package func callAsFunction<Result>(
    _ name: String,
    of task: Int? = nil,
    _ body: () throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    var attempt = attempt(name, of: task)
    while true {
      do {
        let result = try body()
        attempt.succeeded()
        return result
      } catch {
        guard wait(try attempt.failed(error)) else { throw attempt.givenUp(for: error) }
      }
    }
  }
}
