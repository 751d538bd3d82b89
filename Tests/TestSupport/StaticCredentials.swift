package import AWSClient

/// Credentials that are known.
package struct StaticCredentials: CredentialsProvider {
  private let known: Credentials

  package init(_ credentials: Credentials) { known = credentials }

  package func credentials() -> Credentials? { known }
}
