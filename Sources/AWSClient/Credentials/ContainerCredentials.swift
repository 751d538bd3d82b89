package import Connect
import Foundation

/// The credentials that a container's host offers: ECS, and EKS Pod Identity.
///
/// `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` is a path at 169.254.170.2;
/// `AWS_CONTAINER_CREDENTIALS_FULL_URI` any https URL, or http at this machine or those hosts'
/// addresses. Source: "Container credential provider", AWS SDKs and Tools Reference Guide.
package struct ContainerCredentials: CredentialsProvider {
  private let environment: [String: String]
  private let transport: any HTTPTransport

  private static let taskHost = "http://169.254.170.2"
  /// Of ECS and EKS, which are reached without TLS on the machine itself.
  private static let hosts: Set<String> = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

  package init(_ environment: [String: String], transport: any HTTPTransport) {
    self.environment = environment
    self.transport = transport
  }

  package func credentials() throws(ConnectorError) -> Credentials? {
    guard let url = try url() else { return nil }
    var headers: [HTTPRequest.Header] = []
    if let token = try token() { headers.append(("Authorization", token)) }
    let attempt = CredentialsExchange("get the container's credentials")
    let response = try attempt.send(
      HTTPRequest("GET", url, headers: headers, isDirect: true),
      by: transport
    )
    return try attempt.credentials(json: response, source: "the container")
  }

  private func url() throws(ConnectorError) -> String? {
    if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      return Self.taskHost + path
    }
    guard let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] else { return nil }
    let parts = URLComponents(string: url)
    let host = parts?.host ?? ""
    guard
      parts?.scheme == "https" || parts?.scheme == "http" && Self.hosts.contains(host)
        || parts?.scheme == "http" && Endpoint.isLoopback(host)
    else {
      throw ConnectorError(
        .permanent,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host \"\(host.prefix(64))\" without https",
        hint: "http:// is for this machine and the hosts of ECS and EKS"
      )
    }
    return url
  }

  private func token() throws(ConnectorError) -> String? {
    guard let path = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
      return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ConnectorError(
        .permanent,
        "could not read the container's authorization token file \"\(path)\"",
        hint: "see AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
      )
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
