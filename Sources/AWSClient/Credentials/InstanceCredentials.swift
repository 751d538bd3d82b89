package import Connect

/// The credentials of an EC2 instance's role: the metadata service, version 2.
///
///     PUT latest/api/token                               -> session token
///     GET latest/meta-data/iam/security-credentials/      -> role
///     GET latest/meta-data/iam/security-credentials/ROLE  -> keys, token, expiration
///
/// Where nothing listens there are none. `AWS_EC2_METADATA_DISABLED=true` leaves it out;
/// `AWS_EC2_METADATA_SERVICE_ENDPOINT` names another address.
package struct InstanceCredentials: CredentialsProvider {
  private let environment: [String: String]
  private let transport: any HTTPTransport

  private static let address = "http://169.254.169.254"
  private static let roles = "/latest/meta-data/iam/security-credentials/"
  private static let tokenSeconds = 21600
  /// The address answers in microseconds, or nobody does.
  private static let limits = TimeLimits(connecting: .seconds(1), whole: .seconds(2))

  package init(_ environment: [String: String], transport: any HTTPTransport) {
    self.environment = environment
    self.transport = transport
  }

  package func credentials() throws(ConnectorError) -> Credentials? {
    guard environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
    let base = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? Self.address
    guard let token = token(at: base) else { return nil }
    func get(_ path: String) -> HTTPRequest {
      HTTPRequest(
        "GET",
        base + path,
        headers: [("X-aws-ec2-metadata-token", token)],
        isDirect: true
      )
    }
    let attempt = CredentialsExchange("get the instance's credentials")
    // 404: the instance has no role.
    let roles = try attempt.send(get(Self.roles), by: transport, accepting: 404)
    guard roles.status != 404, let role = roles.body.text.split(whereSeparator: \.isNewline).first
    else { return nil }
    let document = try attempt.send(
      get(Self.roles + PercentEncoding.encode(String(role))),
      by: transport
    )
    return try attempt.credentials(json: document, source: "the instance's role \(role)")
  }

  /// Nil where no metadata service answers, or it gives no token.
  private func token(at base: String) -> String? {
    let request = HTTPRequest(
      "PUT",
      base + "/latest/api/token",
      headers: [("X-aws-ec2-metadata-token-ttl-seconds", "\(Self.tokenSeconds)")],
      limits: Self.limits,
      isDirect: true
    )
    guard let response = try? transport.send(request), response.status == 200 else { return nil }
    return response.body.text
  }
}
