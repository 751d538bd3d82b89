package import Connect

/// What a profile of the shared files gives: keys, what a command prints, or a role that is taken on
/// by a token or with the credentials of another profile.
///
/// The files are read anew each time, since other programs renew keys in them.
package struct ProfileCredentials: CredentialsProvider {
  private let name: String?
  private let environment: [String: String]
  private let transport: any HTTPTransport

  /// Settings of other ways to log in, and what to do instead.
  private static let others = [
    "sso_session", "sso_start_url", "login_session",
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
    try credentials(of: Profile(name, environment: environment), asked: [])
  }

  /// - Parameters:
  ///   - profile: of which they are wanted.
  ///   - asked: names of the profiles that led to it: none may come twice.
  /// - Returns: nil if nobody has named a profile, and the default one gives none.
  /// - Throws: `.permanent` for what cannot be used, and what taking on a role throws.
  private func credentials(
    of profile: Profile,
    asked: [String]
  ) throws(ConnectorError) -> Credentials? {
    // Keys beside a role are those of who takes it on.
    if profile.settings["role_arn"] != nil, asked.last != profile.name {
      return try roleCredentials(of: profile, asked: asked)
    }
    if let credentials = try keys(of: profile) { return credentials }
    if let command = profile.settings["credential_process"] {
      return try CredentialsCommand(command, of: profile).credentials()
    }
    if let other = Self.others.first(where: { profile.settings[$0] != nil }) {
      throw refusal(of: profile, other)
    }
    // Who names a profile means it; the default one need not be there.
    guard name != nil || !asked.isEmpty else { return nil }
    throw ConnectorError(
      .permanent,
      profile.settings.isEmpty
        ? "found no AWS profile \"\(profile.name)\" in \(profile.place)"
        : "found no credentials for the AWS profile \"\(profile.name)\" in \(profile.place)",
      hint: "see AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE"
    )
  }

  private func roleCredentials(
    of profile: Profile,
    asked: [String]
  ) throws(ConnectorError) -> Credentials? {
    guard let arn = profile.settings["role_arn"] else { return nil }
    if profile.settings["mfa_serial"] != nil { throw refusal(of: profile, "mfa_serial") }
    let role = TokenService.Role(
      arn: arn,
      sessionName: profile.settings["role_session_name"],
      externalID: profile.settings["external_id"]
    )
    let service = try TokenService(
      region: profile.settings["region"],
      environment: environment,
      transport: transport
    )
    if let file = profile.settings["web_identity_token_file"] {
      return try service.credentials(of: role, byTokenIn: file)
    }
    guard let source = profile.settings["source_profile"] else {
      throw refusal(of: profile, "role_arn without source_profile or web_identity_token_file")
    }
    // A profile may name itself, for its own keys.
    guard !asked.contains(source) else {
      throw ConnectorError(
        .permanent,
        "the AWS profile \"\(source)\" in \(profile.place) leads back to itself by source_profile",
        hint: "name a profile with keys"
      )
    }
    let caller = try credentials(
      of: Profile(source, environment: environment),
      asked: asked + [profile.name]
    )
    return try caller.map { (caller) throws(ConnectorError) in
      try service.credentials(of: role, for: caller)
    }
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
