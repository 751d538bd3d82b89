package import Connect
package import Dataflow
import Synchronization

/// Credentials of the first place that has some, kept until shortly before they expire.
///
/// Temporary credentials are asked for again 5 minutes before their end. When that does not succeed
/// they are used on to their end, and asking goes on, at most once in 10 seconds.
package final class CredentialsCache: Sendable {
  private static let margin = EventSpan.minutes(5)
  private static let pause = EventSpan.seconds(10)

  private let places: [any CredentialsProvider]
  private let now: @Sendable () -> EventTime
  private let kept = Mutex(Kept())

  private struct Kept {
    var credentials: Credentials?
    /// Not asked again before.
    var nextAttempt = EventTime.beginning
  }

  /// - Parameters:
  ///   - places: asked in this order.
  ///   - now: the time of this machine's clock.
  package init(
    _ places: [any CredentialsProvider],
    now: @escaping @Sendable () -> EventTime = { .wallClock }
  ) {
    self.places = places
    self.now = now
  }

  /// Credentials that are good for minutes; other callers wait while they are fetched.
  ///
  /// - Throws: `.permanent` when no place has any; what the place throws that has them.
  package func current() throws(ConnectorError) -> Credentials {
    try kept.withLock { kept throws(ConnectorError) in
      let now = now()
      if let credentials = kept.credentials {
        guard let end = credentials.expiration else { return credentials }
        if now + Self.margin < end || now < end && now < kept.nextAttempt { return credentials }
      }
      do throws(ConnectorError) {
        let credentials = try fetch()
        kept.credentials = credentials
        kept.nextAttempt = .beginning
        return credentials
      } catch {
        kept.nextAttempt = now + Self.pause
        guard let old = kept.credentials, let end = old.expiration, now < end else { throw error }
        return old
      }
    }
  }

  /// Lets go of credentials that the service does not take any more.
  package func forget() { kept.withLock { $0.credentials = nil } }

  private func fetch() throws(ConnectorError) -> Credentials {
    for place in places {
      if let credentials = try place.credentials() { return credentials }
    }
    throw ConnectorError(
      .permanent,
      "found no AWS credentials in the environment or the shared files, and none offered to this "
        + "container or instance",
      hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )
  }
}
