import AWSClient
package import Connect
package import Dataflow

/// Looks at a pair of streams with the calls that a job makes, and reads one record at most: what a
/// job would be told when it starts.
package struct ServiceInspection {
  private let settings: KinesisSettings
  private let client: KinesisClient
  private let policy = RetryPolicy(attempts: 3)

  /// - Parameters:
  ///   - settings: of the streams.
  ///   - environment: of the process: `AWS_*`.
  package init(_ settings: KinesisSettings, environment: [String: String]) {
    self.settings = settings
    client = KinesisClient(settings, environment: environment)
  }

  /// Throws when the stream is not there, or may not be described.
  package func describe(_ stream: StreamKind) throws(ConnectorError) -> StreamSummary {
    try client.explore(settings.streamName(of: stream), of: settings, retrying: policy).0
  }

  /// Reads one record of a stream's first shard.
  ///
  /// - Parameter stream: which one.
  /// - Returns: how far the shard's end is ahead of it, in milliseconds; nil without shards.
  /// - Throws: when that is refused.
  package func readOne(of stream: StreamKind) throws(ConnectorError) -> Int64? {
    let name = settings.streamName(of: stream)
    do throws(ServiceError) {
      guard let shard = try client.listShards(of: name, retrying: policy).first else { return nil }
      let iterator = try client.shardIterator(
        of: shard.id,
        in: name,
        from: .trimHorizon,
        retrying: policy
      )
      return try client.records(
        from: iterator,
        of: shard.id,
        in: name,
        limit: 1,
        retrying: policy
      ).millisecondsBehind
    } catch {
      throw error.connectorError
    }
  }

  /// What the service's clock was ahead of this machine's at the last answer; nil before one.
  package var clockSkew: EventSpan? { client.clockSkew }
}
