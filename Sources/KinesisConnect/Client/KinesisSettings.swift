package import AWSClient
package import Connect

/// How a Kinesis stream pair is reached: region, prefix of the two streams' names, endpoint.
package struct KinesisSettings: Sendable, CustomStringConvertible {
  package let region: String
  package let prefix: String
  package let endpoint: Endpoint
  private let uri: StreamURI

  /// - Parameters:
  ///   - region: such as `eu-west-1`.
  ///   - prefix: of the two streams' names.
  ///   - endpoint: as the URI has it; nil: the region's own.
  /// - Throws: `.usage` for an endpoint that is not https, off loopback.
  package init(region: String, prefix: String, endpoint: String?) throws(ConnectorError) {
    self.region = region
    self.prefix = prefix
    uri = .kinesis(region: region, prefix: prefix, endpoint: endpoint)
    if let endpoint {
      self.endpoint = try Endpoint(parsing: endpoint, from: "the stream's URI")
    } else {
      self.endpoint = Endpoint(service: "kinesis", region: region)
    }
  }

  /// The name of a stream: `PREFIX-clicks`, `PREFIX-checkouts`.
  package func streamName(of stream: StreamKind) -> String { "\(prefix)-\(stream.rawValue)" }

  package var description: String { uri.description }
}
