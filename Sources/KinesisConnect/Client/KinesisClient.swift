package import AWSClient
package import Dataflow
import Connect

/// The actions of Amazon Kinesis Data Streams, one blocking call each.
///
/// Any number of threads may call at once. What may pass is tried again as the policy says; the
/// caller gets the last error. Source: Amazon Kinesis Data Streams Service API Reference, 2013-12-02.
package final class KinesisClient: Sendable {
  /// Most records of one GetRecords.
  package static let greatestPage = 10_000
  static let target = "Kinesis_20131202"

  let service: ServiceClient

  package init(_ service: ServiceClient) { self.service = service }

  /// With credentials of the standard places.
  ///
  /// - Parameters:
  ///   - settings: of the streams.
  ///   - environment: of the process: `AWS_*`.
  ///   - transport: nil: libcurl.
  package convenience init(
    _ settings: KinesisSettings,
    environment: [String: String],
    transport: (any HTTPTransport)? = nil
  ) {
    let transport = transport ?? CurlTransport(authorities: environment["AWS_CA_BUNDLE"])
    self.init(
      ServiceClient(
        service: "kinesis",
        region: settings.region,
        endpoint: settings.endpoint,
        credentials: .standard(
          profile: settings.profile,
          environment: environment,
          transport: transport
        ),
        transport: transport,
        limits: TimeLimits(whole: settings.requestTimeout)
      )
    )
  }

  /// What the service's clock was ahead of this machine's at the last answer; nil before one.
  package var clockSkew: EventSpan? { service.lastClockSkew }

  /// Calls, tries and throttling so far.
  package var counts: CallCounts { service.counts }
}
