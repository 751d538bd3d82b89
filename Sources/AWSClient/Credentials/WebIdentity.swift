package import Connect
import Foundation

/// A role taken on with a token of an identity provider, as pods of Kubernetes have one: STS
/// AssumeRoleWithWebIdentity, which is not signed.
struct WebIdentity {
  let roleARN: String
  let tokenFile: String
  let sessionName: String?
  /// Nil: the global endpoint of STS.
  let region: String?

  static func region(_ environment: [String: String]) -> String? {
    environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
  }

  /// Reads the token anew, since it is renewed in its file, and changes it for credentials.
  func credentials(by transport: any HTTPTransport) throws(ConnectorError) -> Credentials {
    guard let token = try? String(contentsOfFile: tokenFile, encoding: .utf8) else {
      throw ConnectorError(
        .permanent,
        "could not read the web identity token file \"\(tokenFile)\"",
        hint: "see AWS_WEB_IDENTITY_TOKEN_FILE, or web_identity_token_file of the profile"
      )
    }
    let fields: [ServiceRequest.Parameter] = [
      ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", roleARN),
      ("RoleSessionName", sessionName ?? "firstclick-\(ProcessInfo.processInfo.processIdentifier)"),
      ("WebIdentityToken", token.trimmingCharacters(in: .whitespacesAndNewlines)),
    ]
    let form = fields.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }
    let endpoint = region.map { Endpoint(service: "sts", region: $0).description }
    let request = HTTPRequest(
      "POST",
      (endpoint ?? "https://sts.amazonaws.com") + "/",
      headers: [("Content-Type", "application/x-www-form-urlencoded")],
      body: Array(form.joined(separator: "&").utf8)
    )
    let attempt = CredentialsExchange("take on the role \(roleARN) by its web identity token")
    let response = try attempt.send(request, by: transport)
    let text = response.body.text
    func element(_ name: String) -> String? { XMLText.element(name, in: text) }
    return try attempt.credentials(
      key: element("AccessKeyId"),
      secret: element("SecretAccessKey"),
      token: element("SessionToken"),
      expiration: element("Expiration"),
      source: "the role \(roleARN)"
    )
  }
}

/// The role of `AWS_ROLE_ARN`, by the token in the file of `AWS_WEB_IDENTITY_TOKEN_FILE`.
package struct WebIdentityCredentials: CredentialsProvider {
  private let environment: [String: String]
  private let transport: any HTTPTransport

  package init(_ environment: [String: String], transport: any HTTPTransport) {
    self.environment = environment
    self.transport = transport
  }

  package func credentials() throws(ConnectorError) -> Credentials? {
    guard let role = environment["AWS_ROLE_ARN"],
      let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"]
    else { return nil }
    return try WebIdentity(
      roleARN: role,
      tokenFile: file,
      sessionName: environment["AWS_ROLE_SESSION_NAME"],
      region: WebIdentity.region(environment)
    ).credentials(by: transport)
  }
}
