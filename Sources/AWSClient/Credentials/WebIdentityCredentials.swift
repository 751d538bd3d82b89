package import Connect

/// The role of `AWS_ROLE_ARN`, by the token in the file of `AWS_WEB_IDENTITY_TOKEN_FILE`.
package struct WebIdentityCredentials: CredentialsProvider {
  private let environment: [String: String]
  private let transport: any HTTPTransport

  package init(_ environment: [String: String], transport: any HTTPTransport) {
    self.environment = environment
    self.transport = transport
  }

  package func credentials() throws(ConnectorError) -> Credentials? {
    guard let arn = environment["AWS_ROLE_ARN"],
      let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"]
    else { return nil }
    return try TokenService(region: nil, environment: environment, transport: transport)
      .credentials(
        of: TokenService.Role(arn: arn, sessionName: environment["AWS_ROLE_SESSION_NAME"]),
        byTokenIn: file
      )
  }
}
