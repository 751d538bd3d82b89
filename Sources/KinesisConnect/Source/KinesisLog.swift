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
  ///   - settings: where and how.
  ///   - client: to reach it by.
  ///   - gapPolicy: what to do about records that the streams may no longer have.
  ///   - patience: how long the service may take to answer before it counts as out of reach.
  ///   - logger: for throttling, and records that are in the wrong shard.
  /// - Throws: when the service cannot be reached or refuses, or a stream is missing.
  package init(
    _ settings: KinesisSettings,
    client: KinesisClient,
    gapPolicy: GapPolicy = .fail,
    patience: Duration = .seconds(15),
    logger: Logger
  ) throws(ConnectorError) {
    let found = try Self.explore(settings, by: client, atMost: patience)
    let streams = found.mapValues(\.shards)
    let places = StreamKind.allCases.compactMap { found[$0]?.identity }
    let reading = settings.reading
    slices = reading.slices
    identity =
      "kinesis:\(settings.region)/\(settings.prefix) (\(places.joined(separator: ", "))), "
      + "\(slices.count) slices"
    self.gapPolicy = gapPolicy
    self.logger = logger
    self.streams = streams
    fetcher = ShardFetcher(
      ShardCalls(
        client,
        streams: streams,
        memoryByteCount: reading.memoryByteCount,
        pacing: reading.pacing,
        logger: logger
      ),
      shardCount: streams.values.reduce(0) { $0 + $1.snapshot.shards.count }
    )
  }

  /// Both streams, each with what tells it from others.
  private static func explore(
    _ settings: KinesisSettings,
    by client: KinesisClient,
    atMost patience: Duration
  ) throws(ConnectorError) -> [StreamKind: (identity: String, shards: StreamShards)] {
    let deadline = ContinuousClock.now + patience
    let policy = RetryPolicy(attempts: .max) { delay in
      ContinuousClock.now + delay < deadline && RetryPolicy.sleep(delay)
    }
    var found: [StreamKind: (identity: String, shards: StreamShards)] = [:]
    for stream in StreamKind.allCases {
      let (summary, shards) = try client.explore(
        settings.streamName(of: stream),
        of: settings,
        retrying: policy
      )
      found[stream] = (
        summary.identity,
        StreamShards(
          shards,
          of: stream,
          name: summary.name,
          retention: .hours(Int64(summary.retentionHours))
        )
      )
    }
    return found
  }

  package func partitionCount() -> Int { slices.count }

  package var lagUnit: LagUnit { .milliseconds }
  package var partName: String { "slices" }
  package var isLeasedBySink: Bool { true }
  package var reads: [PartReads]? { fetcher.reads }

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
      gapPolicy: gapPolicy.forReading(until: bound),
      logger: logger
    )
  }
}

extension StreamSummary {
  /// Tells a stream from one of the same name in another account, or made anew.
  fileprivate var identity: String { "\(arn) of \(createdAt.microseconds / 1_000_000)" }
}
