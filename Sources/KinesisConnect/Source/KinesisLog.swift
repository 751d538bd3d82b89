import AWSClient
package import Connect
import Dataflow
package import Logging

/// A stream on Kinesis: PREFIX-clicks and PREFIX-checkouts, sharded independently.
///
/// A task is a slice of the hash-key space that both streams share. It reads the shards of either
/// that overlap it, and keeps the records of its slice; the slices of one worker share what is read.
/// Tasks are leased to workers by the sink, and positions come from there.
package final class KinesisLog: Source {
  package let identity: String
  private let slices: HashKeySlices
  private let gapPolicy: GapPolicy
  private let logger: Logger
  private let streams: [StreamKind: StreamShards]
  private let fetcher: ShardFetcher

  /// Reaches the service and lists the shards.
  ///
  /// - Parameters:
  ///   - settings: where.
  ///   - reading: how.
  ///   - client: to reach it by.
  ///   - gapPolicy: what to do about records that the streams may no longer have.
  ///   - attempts: tries of a call before the service counts as out of reach.
  ///   - logger: for throttling, and records that are in the wrong shard.
  /// - Throws: when the service cannot be reached or refuses, or a stream is missing.
  package init(
    _ settings: KinesisSettings,
    _ reading: KinesisReading,
    client: KinesisClient,
    gapPolicy: GapPolicy = .fail,
    attempts: Int = 8,
    logger: Logger
  ) throws(ConnectorError) {
    var streams: [StreamKind: StreamShards] = [:]
    var places: [String] = []
    for stream in StreamKind.allCases {
      let (summary, shards) = try client.explore(
        settings.streamName(of: stream),
        of: settings,
        retrying: RetryPolicy(attempts: attempts)
      )
      places.append(summary.identity)
      streams[stream] = StreamShards(
        shards,
        of: stream,
        name: summary.name,
        retention: .hours(Int64(summary.retentionHours))
      )
    }
    slices = reading.slices
    identity =
      "kinesis:\(settings.region)/\(settings.prefix) (\(places.joined(separator: ", "))), "
      + "\(slices.count) slices"
    self.gapPolicy = gapPolicy
    self.logger = logger
    self.streams = streams
    fetcher = ShardFetcher(
      client,
      streams: streams,
      memoryByteCount: reading.memoryByteCount,
      pacing: reading.pacing,
      logger: logger
    )
  }

  package func partitionCount() -> Int { slices.count }

  package var lagUnit: LagUnit { .milliseconds }
  package var isLeasedBySink: Bool { true }

  package func open(
    _ stream: StreamKind,
    partition: Int,
    at position: SourcePosition?,
    until bound: ReadBound
  ) throws(ConnectorError) -> any PartitionReader {
    guard let shards = streams[stream], partition < slices.count else {
      throw ConnectorError(
        .permanent,
        "there are \(slices.count) slices of \(identity): slice \(partition) is not among them",
        hint: "set kinesis.slices to the number that the database was begun with"
      )
    }
    let end: SlicePosition? =
      if case .position(let end) = bound { try SlicePosition(end) } else { nil }
    return SliceReader(
      shards,
      fetcher,
      keys: slices.keys(of: partition),
      from: try SlicePosition(position),
      until: bound,
      end: end,
      gapPolicy: gapPolicy,
      logger: logger
    )
  }
}

extension KinesisClient {
  /// What a stream is, and its shards.
  fileprivate func explore(
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

extension StreamSummary {
  /// Tells a stream from one of the same name in another account, or made anew.
  fileprivate var identity: String { arn }
}
