import Connect
import Dataflow
import Events
import Foundation

/// Asking a server for temporary credentials: a few tries, and one clear error.
struct CredentialsExchange {
  private static let attempts = 3
  private static let limits = TimeLimits(connecting: .seconds(2), whole: .seconds(10))

  /// What is attempted: "take on the role ...".
  private let attempt: String
  private let retry: RetryPolicy

  init(_ attempt: String) {
    self.attempt = attempt
    retry = RetryPolicy(attempts: Self.attempts)
  }

  /// The answer of a status 2xx, or of the one that is `accepted` besides.
  ///
  /// - Throws: `.transient` when none came, `.permanent` for a refusal.
  func send(
    _ request: HTTPRequest,
    by transport: any HTTPTransport,
    accepting accepted: Int? = nil
  ) throws(ConnectorError) -> HTTPResponse {
    var request = request
    request.limits = Self.limits
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    while true {
      let failure: ConnectorError
      do throws(HTTPFailure) {
        let response = try transport.send(request)
        if 200...299 ~= response.status || response.status == accepted { return response }
        failure = refusal(response)
      } catch {
        failure = ConnectorError(
          error.isTransient ? .transient : .permanent,
          "could not \(attempt): \(error)"
        )
      }
      guard failure.kind == .transient, backoff.retries + 1 < retry.attempts,
        retry.wait(backoff.nextDelay(using: &random))
      else { throw failure }
    }
  }

  /// The credentials of an answer's fields; nil where it has no such field.
  func credentials(
    key: String?,
    secret: String?,
    token: String?,
    expiration: String?,
    source: String
  ) throws(ConnectorError) -> Credentials {
    guard let key, let secret, let token, let expiration, let end = Self.time(expiration) else {
      throw ConnectorError(
        .permanent,
        "could not \(attempt): expected keys, a token and their expiration in the answer"
      )
    }
    return Credentials(
      accessKeyID: key,
      secretAccessKey: secret,
      sessionToken: token,
      expiration: end,
      source: source
    )
  }

  /// The credentials of a JSON document, as containers and instances get them.
  func credentials(
    json response: HTTPResponse,
    source: String
  ) throws(ConnectorError) -> Credentials {
    struct Document: Decodable {
      var AccessKeyId: String?
      var SecretAccessKey: String?
      var Token: String?
      var Expiration: String?
    }
    let data = Data(response.body.text.utf8)
    let document = try? JSONDecoder().decode(Document.self, from: data)
    return try credentials(
      key: document?.AccessKeyId,
      secret: document?.SecretAccessKey,
      token: document?.Token,
      expiration: document?.Expiration,
      source: source
    )
  }

  private func refusal(_ response: HTTPResponse) -> ConnectorError {
    let answer = ErrorAnswer(response)
    let words = [answer.code, answer.message].filter { !$0.isEmpty }.joined(separator: ": ")
    let mayPass = response.status >= 500 || response.status == 429
    return ConnectorError(
      mayPass ? .transient : .permanent,
      "could not \(attempt): \(words.isEmpty ? "" : words + " ")(HTTP status \(response.status))"
    )
  }

  /// Of ISO 8601.
  static func time(_ text: String) -> EventTime? {
    ScannableBytes(text.utf8).withUnsafeBytes { text in
      var reader = TimeReader()
      return reader.time(text)
    }
  }
}
