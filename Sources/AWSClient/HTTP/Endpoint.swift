package import Connect
import Foundation

/// Where a service is reached: `https://kinesis.eu-west-1.amazonaws.com`, or an address of one's own.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// Scheme, host and port, without a slash at the end.
  package let description: String
  /// As the `Host` header has it: the port is left out where it is the scheme's own.
  package let host: String
  /// True for an address of this machine.
  package let isLoopback: Bool

  /// The service's own in a region.
  ///
  /// - Parameters:
  ///   - service: the first label of its host names, such as `kinesis`.
  ///   - region: such as `eu-west-1`.
  package init(service: String, region: String) {
    // The partitions whose names end otherwise; source: endpoints.json of the AWS SDKs.
    let suffix = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    host = "\(service).\(region).\(suffix)"
    description = "https://\(host)"
    isLoopback = false
  }

  /// An address of one's own, `https://HOST[:PORT]`; `http://` only on this machine.
  ///
  /// - Parameters:
  ///   - text: the URL; a slash at its end is left out.
  ///   - place: where it was given, for messages.
  /// - Throws: `.usage`.
  package init(parsing text: String, from place: String) throws(ConnectorError) {
    guard let parts = URLComponents(string: text), let name = parts.host, !name.isEmpty,
      let scheme = parts.scheme?.lowercased(), scheme == "https" || scheme == "http",
      parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.fragment == nil
    else {
      throw .usage(
        "endpoint \"\(text.prefix(64))\" of \(place) is not of the form https://HOST[:PORT]",
        hint: "write scheme, host and port, and nothing behind them"
      )
    }
    guard parts.user == nil, parts.password == nil else {
      throw .usage(
        "endpoint at \(name) of \(place) has a user name, and perhaps a password",
        hint: "give credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or in a profile"
      )
    }
    isLoopback = Self.isLoopback(name)
    guard scheme == "https" || isLoopback else {
      throw .usage(
        "endpoint \"\(text.prefix(64))\" of \(place) is not https, and \(name) is not this machine",
        hint: "write https://\(name); http:// is for localhost and 127.0.0.1"
      )
    }
    let isDefaultPort = parts.port == nil || parts.port == (scheme == "https" ? 443 : 80)
    host = name + (isDefaultPort ? "" : ":\(parts.port ?? 0)")
    description = "\(scheme)://\(host)"
  }

  /// `localhost` and its subdomains, 127.0.0.0/8 and ::1.
  static func isLoopback(_ name: String) -> Bool {
    let name = name.lowercased()
    if name == "localhost" || name.hasSuffix(".localhost") || name == "[::1]" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
