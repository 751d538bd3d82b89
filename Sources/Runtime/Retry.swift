import Connect
import Logging

/// Repeats what fails for a passing reason, with backoff, until it succeeds or the job must end.
///
/// One log line when trouble starts and one when it is over.
struct Retry: Sendable {
  let tenure: Tenure
  let board: StatisticsBoard
  let logger: Logger
  /// Retries before a transient error ends the job; nil: no bound.
  let limit: Int?

  /// Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - attempt: what is tried, for the log, such as "commit".
  ///   - task: whose attempt it is.
  ///   - body: made anew for every try.
  /// - Returns: what `body` returned.
  /// - Throws: an error of `body` that is not transient, or that stayed until the limit or the stop.
  func callAsFunction<Result>(
    _ attempt: String,
    of task: Int,
    _ body: () throws(ConnectorError) -> Result
  ) throws(ConnectorError) -> Result {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    while true {
      do {
        let result = try body()
        if backoff.retries > 0 {
          logger.info(
            "\(attempt) succeeded after retries",
            metadata: ["task": "\(task)", "retries": "\(backoff.retries)"]
          )
        }
        return result
      } catch {
        guard error.kind == .transient, limit.map({ backoff.retries < $0 }) ?? true else {
          throw error
        }
        board.update { $0.phase = .retrying }
        if backoff.retries == 0 {
          logger.warning(
            "\(attempt) did not succeed, retrying with backoff",
            metadata: ["task": "\(task)", "error": "\(error)"]
          )
        }
        guard tenure.waitToRetry(backoff.nextDelay(using: &random)) else {
          throw ConnectorError(
            error.kind,
            "gave up the \(attempt) of task \(task) at the stop: \(error.message)",
            hint: "nothing is lost: the next run goes on from the last commit"
          )
        }
      }
    }
  }
}
