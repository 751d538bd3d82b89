package import Connect
package import Dataflow

/// A call that did not succeed: what was attempted, on what, and what came of it.
package struct ServiceError: Error, Sendable {
  /// What went wrong, as far as it decides what to do.
  package enum Reason: Hashable, Sendable {
    /// The service answered with an error.
    case refused
    /// No answer came.
    case unanswered(HTTPFailure.Kind)
    /// There were no credentials to sign with.
    case noCredentials(ConnectorError.Kind)
    /// The answer was not of the form that the action has.
    case unreadable
  }

  package var reason: Reason
  /// `kinesis:PutRecords`.
  package var action: String
  /// `stream "shop-clicks"`.
  package var resource: String
  package var endpoint: Endpoint
  /// The service's name for the error, without namespace: `ExpiredIteratorException`; else empty.
  package var code: String
  /// HTTP status; nil without an answer.
  package var status: Int?
  /// The service's or the system's words, one line.
  package var message: String
  package var hint: String?
  /// By the answer's `Date`.
  package var serverTime: EventTime?

  package init(
    _ reason: Reason,
    action: String,
    resource: String,
    endpoint: Endpoint,
    code: String = "",
    status: Int? = nil,
    message: String,
    hint: String? = nil
  ) {
    self.reason = reason
    self.action = action
    self.resource = resource
    self.endpoint = endpoint
    self.code = code
    self.status = status
    self.message = message
    self.hint = hint
  }

  /// The service asks for fewer calls, records or bytes.
  package var isThrottling: Bool { status == 429 || Self.throttlingCodes.contains(code) }

  /// It may pass by itself: throttling, trouble at the service, no answer.
  package var isTransient: Bool {
    switch reason {
    case .refused: isThrottling || status ?? 0 >= 500 || Self.transientCodes.contains(code)
    case .unanswered(let kind): HTTPFailure(kind, "").isTransient
    case .noCredentials(let kind): kind == .transient
    case .unreadable: true
    }
  }

  /// The signature's time was too far from the service's clock.
  package var isClockSkew: Bool {
    Self.clockCodes.contains(code)
      || code == "InvalidSignatureException" && message.hasPrefix("Signature ")
  }

  /// The service does not take these credentials any more.
  package var isExpiredToken: Bool {
    code == "ExpiredToken" || code == "ExpiredTokenException"
  }

  /// For the caller who cannot do anything about it: `.transient` or `.permanent`.
  package var connectorError: ConnectorError {
    let words = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
    let answer = status.map { "HTTP status \($0)" } ?? ""
    let cause =
      words.isEmpty ? "it answered with \(answer)" : words + (answer.isEmpty ? "" : " (\(answer))")
    return ConnectorError(
      isTransient ? .transient : .permanent,
      "could not call \(action) on \(resource) at \(endpoint): \(cause)",
      hint: hint ?? standardHint
    )
  }

  private var standardHint: String? {
    switch code {
    case "AccessDeniedException", "AccessDenied", "UnauthorizedOperation",
      "KMSAccessDeniedException":
      return "give the credentials' user or role the right \(action) on \(resource)"
    case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId":
      return "the access key is not of this account, partition or endpoint: see which credentials "
        + "are used"
    case "InvalidSignatureException", "SignatureDoesNotMatch":
      return "see that the secret access key belongs to the access key, and the region is the "
        + "endpoint's"
    case "ResourceNotFoundException":
      return "see the name and the region"
    default: break
    }
    if isExpiredToken { return "renew the temporary credentials" }
    switch reason {
    case .unanswered(.nameNotFound):
      return "see the region's name, and that names are resolved here"
    case .unanswered(.noConnection): return "see that the service can be reached from here"
    case .unanswered(.untrusted):
      return "name the file of the authority that signed its certificate in AWS_CA_BUNDLE"
    default: return nil
    }
  }

  // The SDKs' common list: "Retry behavior", AWS SDKs and Tools Reference Guide.
  private static let throttlingCodes: Set<String> = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "TooManyRequestsException", "ProvisionedThroughputExceededException",
    "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
    "LimitExceededException", "RequestThrottled", "SlowDown", "PriorRequestNotComplete",
    "EC2ThrottledException", "KMSThrottlingException",
  ]
  private static let transientCodes: Set<String> = [
    "RequestTimeout", "RequestTimeoutException", "InternalFailure", "InternalError",
    "ServiceUnavailable", "ServiceUnavailableException", "IDPCommunicationError",
  ]
  private static let clockCodes: Set<String> = [
    "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
  ]
}
