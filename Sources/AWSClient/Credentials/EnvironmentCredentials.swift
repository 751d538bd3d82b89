package import Connect

/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
package struct EnvironmentCredentials: CredentialsProvider {
  private let environment: [String: String]

  package init(_ environment: [String: String]) { self.environment = environment }

  package func credentials() throws(ConnectorError) -> Credentials? {
    let key = environment["AWS_ACCESS_KEY_ID"].flatMap { $0.isEmpty ? nil : $0 }
    let secret = environment["AWS_SECRET_ACCESS_KEY"].flatMap { $0.isEmpty ? nil : $0 }
    switch (key, secret) {
    case (nil, nil): return nil
    case (let key?, let secret?):
      return Credentials(
        accessKeyID: key,
        secretAccessKey: secret,
        sessionToken: environment["AWS_SESSION_TOKEN"],
        source: "the environment"
      )
    case (nil, _): throw Self.missing("AWS_ACCESS_KEY_ID", beside: "AWS_SECRET_ACCESS_KEY")
    case (_, nil): throw Self.missing("AWS_SECRET_ACCESS_KEY", beside: "AWS_ACCESS_KEY_ID")
    }
  }

  private static func missing(_ name: String, beside other: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "found \(other) in the environment, and no \(name)",
      hint: "set both, or neither"
    )
  }
}
