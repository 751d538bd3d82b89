import AWSClient
import Connect

extension KinesisClient {
  /// What a stream is, and its shards.
  func explore(
    _ stream: String,
    of settings: KinesisSettings,
    retrying policy: RetryPolicy
  ) throws(ConnectorError) -> (StreamSummary, [Shard]) {
    do throws(ServiceError) {
      let summary = try describeStreamSummary(stream, retrying: policy)
      return (summary, try listShards(of: stream, retrying: policy))
    } catch {
      guard error.code == "ResourceNotFoundException" else { throw error.connectorError }
      throw ConnectorError(
        .permanent,
        "could not call \(error.action) on \(error.resource) at \(error.endpoint): there is no such "
          + "stream in region \(settings.region)",
        hint: "see the region and the prefix, or have `swift run generator --to \(settings)` make "
          + "both streams"
      )
    }
  }
}
