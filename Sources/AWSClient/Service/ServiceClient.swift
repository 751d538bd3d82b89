import Connect
package import Dataflow
import Synchronization

/// Calls a service: signs, sends, tries again what may pass, and says clearly what does not.
///
///     call -> credentials -> sign -> send -> 2xx: the answer
///               ^  ^                     `-> throttled, 5xx, no answer, or one that cannot be read:
///               |  |                                                     wait (full jitter), again
///               |  `------------------------ expired token: other credentials, once
///               `--------------------------- clock skew: the server's time, once
///
/// Any number of threads may call at once; each blocks for its own answer.
package final class ServiceClient: Sendable {
  package let endpoint: Endpoint
  private let service: String
  private let signer: Signer
  private let credentials: CredentialsCache
  private let transport: any HTTPTransport
  private let limits: TimeLimits
  private let now: @Sendable () -> EventTime
  private let state = Mutex(State())

  private struct State {
    /// What the server's clock is ahead of ours.
    var skew = EventSpan(microseconds: 0)
    /// The same by the last answer, to the second.
    var lastSkew: EventSpan?
    var counts = CallCounts()
  }

  /// A signature's time may differ by 5 minutes (15 at some services): less is no clock's fault.
  private static let leastSkew = EventSpan.seconds(60)

  /// - Parameters:
  ///   - service: its signing name, such as `kinesis`.
  ///   - region: the one that signatures are for.
  ///   - endpoint: where it is reached.
  ///   - credentials: asked before every call; they are kept until shortly before they expire.
  ///   - transport: carries the requests.
  ///   - limits: of one try.
  ///   - now: the time of this machine's clock.
  package init(
    service: String,
    region: String,
    endpoint: Endpoint,
    credentials: CredentialsCache,
    transport: any HTTPTransport,
    limits: TimeLimits = TimeLimits(),
    now: @escaping @Sendable () -> EventTime = { .wallClock }
  ) {
    self.service = service
    self.endpoint = endpoint
    self.credentials = credentials
    self.transport = transport
    self.limits = limits
    self.now = now
    signer = Signer(service: service, region: region)
  }

  /// What was called so far.
  package var counts: CallCounts { state.withLock(\.counts) }

  /// What the server's clock was ahead of this machine's at the last answer, to the second.
  package var lastClockSkew: EventSpan? { state.withLock(\.lastSkew) }

  /// Counts something that was throttled inside of a successful answer.
  package func countThrottled() { state.withLock { $0.counts.throttled += 1 } }

  /// The answer to a request, of a status 2xx.
  ///
  /// - Throws: the last try's error, once none is left.
  package func call(
    _ request: ServiceRequest,
    retrying policy: RetryPolicy = RetryPolicy()
  ) throws(ServiceError) -> HTTPResponse {
    try call(request, retrying: policy) { $0 }
  }

  /// What is read of the answer to a request, of a status 2xx.
  ///
  /// - Parameters:
  ///   - request: that is sent.
  ///   - policy: of trying again, also when the answer cannot be read.
  ///   - read: throws `.unreadable` for an answer of another form.
  /// - Returns: what `read` gives.
  /// - Throws: the last try's error, once none is left.
  package func call<Answer>(
    _ request: ServiceRequest,
    retrying policy: RetryPolicy,
    reading read: (HTTPResponse) throws(ServiceError) -> Answer
  ) throws(ServiceError) -> Answer {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    var mayCorrectClock = true
    var mayRenewCredentials = true
    while true {
      let skew = state.withLock(\.skew)
      do throws(ServiceError) {
        return try read(attempt(request, skew: skew))
      } catch {
        if error.isThrottling { countThrottled() }
        if mayCorrectClock, error.isClockSkew, adopt(error.serverTime, insteadOf: skew) {
          mayCorrectClock = false
        } else if mayRenewCredentials, error.isExpiredToken {
          mayRenewCredentials = false
          credentials.forget()
        } else {
          guard error.isTransient, backoff.retries + 1 < policy.attempts,
            policy.wait(backoff.nextDelay(using: &random))
          else { throw error }
        }
        state.withLock { $0.counts.retried += 1 }
      }
    }
  }

  /// Takes the server's clock for right; false when the call was signed by that already.
  private func adopt(_ serverTime: EventTime?, insteadOf used: EventSpan) -> Bool {
    guard let serverTime else { return false }
    let skew = EventSpan(microseconds: serverTime.microseconds - now().microseconds)
    let change = skew.microseconds - used.microseconds
    guard change.magnitude >= Self.leastSkew.microseconds.magnitude else { return false }
    state.withLock { $0.skew = skew }
    return true
  }

  private func attempt(
    _ request: ServiceRequest,
    skew: EventSpan
  ) throws(ServiceError) -> HTTPResponse {
    func failure(_ reason: ServiceError.Reason, _ message: String) -> ServiceError {
      ServiceError(
        reason,
        action: "\(service):\(request.action)",
        resource: request.resource,
        endpoint: endpoint,
        message: message
      )
    }
    let credentials: Credentials
    do throws(ConnectorError) {
      credentials = try self.credentials.current()
    } catch {
      var failure = failure(.noCredentials(error.kind), error.message)
      failure.hint = error.hint
      throw failure
    }
    let response: HTTPResponse
    do throws(HTTPFailure) {
      response = try transport.send(signed(request, with: credentials, at: now() + skew))
    } catch {
      throw failure(.unanswered(error.kind), error.description)
    }
    let serverTime = response.headers["date"].flatMap(HTTPDate.time)
    note(serverTime)
    guard !(200...299).contains(response.status) else { return response }
    let answer = ErrorAnswer(response)
    var refusal = failure(.refused, answer.message)
    refusal.code = answer.code
    refusal.status = response.status
    refusal.serverTime = serverTime
    throw refusal
  }

  private func note(_ serverTime: EventTime?) {
    guard let serverTime else { return }
    let skew = EventSpan(microseconds: serverTime.microseconds - now().microseconds)
    state.withLock { $0.lastSkew = skew }
  }

  private func signed(
    _ request: ServiceRequest,
    with credentials: Credentials,
    at time: EventTime
  ) -> HTTPRequest {
    state.withLock { $0.counts.sent += 1 }
    let headers = [("Host", endpoint.host)] + request.headers
    let signature = request.body.withUnsafeBytes { body in
      signer.sign(
        method: request.method,
        path: request.path,
        query: request.query,
        headers: headers,
        body: body,
        with: credentials,
        at: time
      )
    }
    let query = CanonicalRequest.query(request.query)
    return HTTPRequest(
      request.method,
      endpoint.description + request.path + (query.isEmpty ? "" : "?\(query)"),
      headers: headers + signature.headers,
      body: request.body,
      limits: limits,
      isDirect: endpoint.isLoopback
    )
  }
}
