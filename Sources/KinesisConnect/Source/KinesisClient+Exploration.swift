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
        "there is no stream \"\(stream)\" in region \(settings.region) at \(error.endpoint)",
        hint: "see the region and the prefix, or have `swift run generator --to \(settings)` make "
          + "both streams"
      )
    }
  }
}
