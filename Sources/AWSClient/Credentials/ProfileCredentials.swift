package import Connect

/// What a profile of the shared files gives: keys, or a role and the token that stands for it.
///
/// The files are read anew each time, since other programs renew keys in them.
package struct ProfileCredentials: CredentialsProvider {
  private let name: String?
  private let environment: [String: String]
  private let transport: any HTTPTransport

  /// Settings of other ways to log in, and what to do instead.
  private static let others = [
    "sso_session", "sso_start_url", "credential_process", "login_session",
  ]

  /// - Parameters:
  ///   - name: of the profile; nil: `AWS_PROFILE`, else `default`.
  ///   - environment: names the files.
  ///   - transport: for roles.
  package init(
    _ name: String? = nil,
    environment: [String: String],
    transport: any HTTPTransport
  ) {
    self.name = name ?? Profile.name(environment)
    self.environment = environment
    self.transport = transport
  }

  package func credentials() throws(ConnectorError) -> Credentials? {
    let profile = try Profile(name, environment: environment)
    if let credentials = try keys(of: profile) { return credentials }
    if let role = profile.settings["role_arn"] {
      guard let file = profile.settings["web_identity_token_file"] else {
        throw refusal(of: profile, "role_arn without web_identity_token_file")
      }
      return try WebIdentity(
        roleARN: role,
        tokenFile: file,
        sessionName: profile.settings["role_session_name"],
        region: profile.settings["region"] ?? WebIdentity.region(environment)
      ).credentials(by: transport)
    }
    if let other = Self.others.first(where: { profile.settings[$0] != nil }) {
      throw refusal(of: profile, other)
    }
    // Who names a profile means it; the default one need not be there.
    guard let name else { return nil }
    throw ConnectorError(
      .permanent,
      profile.settings.isEmpty
        ? "found no AWS profile \"\(name)\" in \(profile.place)"
        : "found no credentials for the AWS profile \"\(name)\" in \(profile.place)",
      hint: "see AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE"
    )
  }

  private func keys(of profile: Profile) throws(ConnectorError) -> Credentials? {
    let key = profile.settings["aws_access_key_id"]
    let secret = profile.settings["aws_secret_access_key"]
    guard let key, let secret, !key.isEmpty, !secret.isEmpty else {
      guard key == nil, secret == nil else {
        throw ConnectorError(
          .permanent,
          "found half of the keys of the AWS profile \"\(profile.name)\" in \(profile.place)",
          hint: "write both aws_access_key_id and aws_secret_access_key"
        )
      }
      return nil
    }
    return Credentials(
      accessKeyID: key,
      secretAccessKey: secret,
      sessionToken: profile.settings["aws_session_token"],
      source: "the profile \"\(profile.name)\" in \(profile.place)"
    )
  }

  private func refusal(of profile: Profile, _ setting: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "the AWS profile \"\(profile.name)\" in \(profile.place) logs in by \(setting), which is not "
        + "understood here",
      hint:
        "export its keys: aws configure export-credentials --profile \(profile.name) --format env"
    )
  }
}
