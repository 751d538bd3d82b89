package import AWSClient
package import Connect
import Dataflow

/// How a Kinesis stream pair is reached: region, prefix of the two streams' names, endpoint.
///
/// Properties:
///
///     profile             of the shared credentials and config files, default that of AWS_PROFILE
///     request.timeout     of one try of a call, default 30s
///     delivery.timeout    a shard that stores nothing for so long ends the writing, default 5m
///
/// and those of `KinesisReading`.
package struct KinesisSettings: Sendable, CustomStringConvertible {
  package let region: String
  package let prefix: String
  package let endpoint: Endpoint
  /// Nil: whatever the environment says.
  package private(set) var profile: String?
  package private(set) var requestTimeout = Duration.seconds(30)
  package private(set) var deliveryTimeout = Duration.seconds(300)
  /// How the streams are read.
  package var reading = KinesisReading()
  private let uri: StreamURI

  /// - Parameters:
  ///   - region: such as `eu-west-1`.
  ///   - prefix: of the two streams' names.
  ///   - endpoint: as the URI has it; nil: the region's own.
  ///   - properties: as above.
  /// - Throws: `.usage` for an endpoint that is not https, off loopback, and for other properties.
  package init(
    region: String,
    prefix: String,
    endpoint: String?,
    properties: [ConnectorProperty] = []
  ) throws(ConnectorError) {
    self.region = region
    self.prefix = prefix
    uri = .kinesis(region: region, prefix: prefix, endpoint: endpoint)
    if let endpoint {
      self.endpoint = try Endpoint(parsing: endpoint, from: "the stream's URI")
    } else {
      self.endpoint = Endpoint(service: "kinesis", region: region)
    }
    for property in properties where try !reading.take(property) {
      switch property.name {
      case "profile": profile = property.value
      case "request.timeout": requestTimeout = try Self.duration(property)
      case "delivery.timeout": deliveryTimeout = try Self.duration(property)
      default:
        throw .usage(
          "\(property.place): there is no Kinesis property \(property.name)",
          hint: "there are profile, request.timeout, delivery.timeout, slices, memory and "
            + "poll.interval"
        )
      }
    }
  }

  /// The name of a stream: `PREFIX-clicks`, `PREFIX-checkouts`.
  package func streamName(of stream: StreamKind) -> String { "\(prefix)-\(stream.rawValue)" }

  package var description: String { uri.description }

  private static func duration(_ property: ConnectorProperty) throws(ConnectorError) -> Duration {
    guard let span = EventSpan(durationText: property.value), span.microseconds >= 1000 else {
      throw .notRead(property, expected: "a duration such as 30s")
    }
    return .microseconds(span.microseconds)
  }
}
