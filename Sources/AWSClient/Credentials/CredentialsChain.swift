extension CredentialsCache {
  /// The places that AWS's own programs look at, in their order.
  ///
  /// Environment, web identity, shared files, container, instance. A profile that is named stands
  /// alone.
  ///
  /// - Parameters:
  ///   - profile: of the shared files; nil: the one of `AWS_PROFILE` or `default`, in its turn.
  ///   - environment: of the process.
  ///   - transport: for the places that are asked over the network.
  /// - Returns: nothing is looked at before credentials are asked for.
  package static func standard(
    profile: String? = nil,
    environment: [String: String],
    transport: any HTTPTransport
  ) -> CredentialsCache {
    let shared = ProfileCredentials(profile, environment: environment, transport: transport)
    if profile != nil { return CredentialsCache([shared]) }
    return CredentialsCache([
      EnvironmentCredentials(environment),
      WebIdentityCredentials(environment, transport: transport),
      shared,
      ContainerCredentials(environment, transport: transport),
      InstanceCredentials(environment, transport: transport),
    ])
  }
}
