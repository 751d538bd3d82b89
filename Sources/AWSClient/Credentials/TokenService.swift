import Connect
import Foundation

/// AWS Security Token Service: changes the name of a role, and a proof of who asks, for temporary
/// credentials.
///
/// `AWS_ENDPOINT_URL_STS` names another address than the region's, or the global one where no region
/// is known.
struct TokenService {
  private static let globalEndpoint = "https://sts.amazonaws.com"
  /// Whose signatures the global endpoint takes.
  private static let globalRegion = "us-east-1"

  /// A role that is to be taken on.
  struct Role {
    let arn: String
    /// What the role's calls are known by in logs; nil: this process.
    let sessionName: String?
    /// What some roles of other accounts ask for.
    var externalID: String?

    fileprivate var parameters: [ServiceRequest.Parameter] {
      let process = "firstclick-\(ProcessInfo.processInfo.processIdentifier)"
      return [("RoleArn", arn), ("RoleSessionName", sessionName ?? process)]
        + (externalID.map { [("ExternalId", $0)] } ?? [])
    }
  }

  private let endpoint: Endpoint
  private let region: String
  private let transport: any HTTPTransport

  /// - Parameters:
  ///   - region: nil: that of the environment.
  ///   - environment: of the process.
  ///   - transport: carries the requests.
  /// - Throws: `.usage` for an endpoint that is not https, off loopback.
  init(
    region: String?,
    environment: [String: String],
    transport: any HTTPTransport
  ) throws(ConnectorError) {
    let region = region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
    if let address = environment["AWS_ENDPOINT_URL_STS"] {
      endpoint = try Endpoint(parsing: address, from: "AWS_ENDPOINT_URL_STS")
    } else if let region {
      endpoint = Endpoint(service: "sts", region: region)
    } else {
      endpoint = try Endpoint(parsing: Self.globalEndpoint, from: "STS")
    }
    self.region = region ?? Self.globalRegion
    self.transport = transport
  }

  /// By the token that an identity provider has put into a file, as pods of Kubernetes have one; the
  /// call is not signed.
  ///
  /// The file is read anew each time: the token in it is renewed.
  func credentials(
    of role: Role,
    byTokenIn file: String
  ) throws(ConnectorError) -> Credentials {
    guard let token = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw ConnectorError(
        .permanent,
        "could not read the web identity token file \"\(file)\"",
        hint: "see AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile"
      )
    }
    let proof = ("WebIdentityToken", token.trimmingCharacters(in: .whitespacesAndNewlines))
    return try send(
      request("AssumeRoleWithWebIdentity", role.parameters + [proof]),
      CredentialsExchange("take on the role \(role.arn) by its web identity token"),
      role
    )
  }

  /// By a signature of somebody who may take it on.
  func credentials(
    of role: Role,
    for caller: Credentials
  ) throws(ConnectorError) -> Credentials {
    var request = request("AssumeRole", role.parameters)
    let signature = request.body.withUnsafeBytes { body in
      Signer(service: "sts", region: region).sign(
        method: request.method,
        path: "/",
        headers: request.headers,
        body: body,
        with: caller,
        at: .wallClock
      )
    }
    request.headers += signature.headers
    return try send(
      request,
      CredentialsExchange("take on the role \(role.arn) with \(caller)"),
      role
    )
  }

  private func request(
    _ action: String,
    _ parameters: [ServiceRequest.Parameter]
  ) -> HTTPRequest {
    let fields = [("Action", action), ("Version", "2011-06-15")] + parameters
    let form = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }
    return HTTPRequest(
      "POST",
      "\(endpoint)/",
      headers: [
        ("Host", endpoint.host), ("Content-Type", "application/x-www-form-urlencoded"),
      ],
      body: Array(form.joined(separator: "&").utf8),
      isDirect: endpoint.isLoopback
    )
  }

  private func send(
    _ request: HTTPRequest,
    _ attempt: CredentialsExchange,
    _ role: Role
  ) throws(ConnectorError) -> Credentials {
    let text = try attempt.send(request, by: transport).body.text
    func element(_ name: String) -> String? { XMLText.element(name, in: text) }
    return try attempt.credentials(
      key: element("AccessKeyId"),
      secret: element("SecretAccessKey"),
      token: element("SessionToken"),
      expiration: element("Expiration"),
      source: "the role \(role.arn)"
    )
  }
}
