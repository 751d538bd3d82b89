import Connect
import Logging

/// Something that is out of reach for now and is asked again with backoff, without blocking.
///
/// One log line when trouble starts and one when it is over.
struct Outage {
  /// What is asked: `log`, `group`.
  let name: String
  let logger: Logger
  let metadata: Logger.Metadata
  private var backoff = Backoff()
  private var nextAttempt: ContinuousClock.Instant?
  private var random = SystemRandomNumberGenerator()

  init(of name: String, logger: Logger, metadata: Logger.Metadata = [:]) {
    self.name = name
    self.logger = logger
    self.metadata = metadata
  }

  /// False while it is too early for another attempt.
  func allowsAttempt(at now: ContinuousClock.Instant) -> Bool {
    nextAttempt.map { $0 <= now } ?? true
  }

  /// An attempt has failed for a passing reason.
  mutating func goesOn(_ error: ConnectorError, at now: ContinuousClock.Instant) {
    if nextAttempt == nil {
      logger.warning(
        "\(name) is out of reach, trying again with backoff",
        metadata: metadata.merging(["error": "\(error)"]) { $1 }
      )
    }
    nextAttempt = now + backoff.nextDelay(using: &random)
  }

  /// An attempt has succeeded.
  mutating func isOver() {
    guard nextAttempt != nil else { return }
    logger.info("\(name) is reached again", metadata: metadata)
    nextAttempt = nil
    backoff = Backoff()
  }
}
