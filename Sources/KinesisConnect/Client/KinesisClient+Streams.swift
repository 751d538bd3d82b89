package import AWSClient
import Dataflow
import Foundation

extension KinesisClient {
  /// A stream's status, shard count and mode.
  ///
  /// - Throws: `ResourceNotFoundException` as code when there is none.
  package func describeStreamSummary(
    _ stream: String,
    retrying policy: RetryPolicy = RetryPolicy()
  ) throws(ServiceError) -> StreamSummary {
    let answer: StreamDescription = try call(
      "DescribeStreamSummary",
      on: Self.resource(stream),
      ["StreamName": stream],
      retrying: policy
    )
    let description = answer.StreamDescriptionSummary
    guard let summary = description.summary else {
      throw unreadable(
        "DescribeStreamSummary",
        on: Self.resource(stream),
        "expected a status of a stream, found \"\(description.StreamStatus.prefix(64))\""
      )
    }
    return summary
  }

  /// Makes a stream in on-demand mode; it may take a minute until it is active.
  ///
  /// - Throws: `ResourceInUseException` as code when there is one of this name.
  package func createStream(
    _ stream: String,
    retrying policy: RetryPolicy = RetryPolicy()
  ) throws(ServiceError) {
    let body: [String: Any] = [
      "StreamName": stream, "StreamModeDetails": ["StreamMode": "ON_DEMAND"],
    ]
    _ = try send("CreateStream", on: Self.resource(stream), body, retrying: policy)
  }

  /// All shards of a stream that still hold records or may get some, page after page.
  ///
  /// - Throws: `ResourceNotFoundException` as code when there is no such stream.
  package func listShards(
    of stream: String,
    retrying policy: RetryPolicy = RetryPolicy()
  ) throws(ServiceError) -> [Shard] {
    var shards: [Shard] = []
    var token: String?
    repeat {
      let body = token.map { ["NextToken": $0] } ?? ["StreamName": stream]
      let page: ShardPage = try call(
        "ListShards",
        on: Self.resource(stream),
        body,
        retrying: policy
      )
      for shard in page.Shards {
        guard let shard = shard.shard else {
          throw unreadable(
            "ListShards",
            on: Self.resource(stream),
            "expected hash keys from 0 to 2^128 - 1 of shard \"\(shard.ShardId.prefix(64))\""
          )
        }
        shards.append(shard)
      }
      token = page.NextToken
    } while token != nil
    return shards
  }

  /// Where reading a shard is to begin.
  ///
  /// - Throws: `InvalidArgumentException` as code for a sequence number that the shard never had,
  ///   `ResourceNotFoundException` for a shard that is gone.
  package func shardIterator(
    of shard: String,
    in stream: String,
    from start: IteratorStart,
    retrying policy: RetryPolicy = RetryPolicy()
  ) throws(ServiceError) -> ShardIterator {
    struct Answer: Decodable { var ShardIterator: String }
    var body: [String: Any] = ["StreamName": stream, "ShardId": shard]
    switch start {
    case .trimHorizon: body["ShardIteratorType"] = "TRIM_HORIZON"
    case .latest: body["ShardIteratorType"] = "LATEST"
    case .at(let number):
      body["ShardIteratorType"] = "AT_SEQUENCE_NUMBER"
      body["StartingSequenceNumber"] = number.description
    case .after(let number):
      body["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER"
      body["StartingSequenceNumber"] = number.description
    case .timestamp(let time):
      body["ShardIteratorType"] = "AT_TIMESTAMP"
      // Whole milliseconds are exact in a double, which the service takes.
      body["Timestamp"] = (Double(time.microseconds) / 1000).rounded(.down) / 1000
    }
    let answer: Answer = try call(
      "GetShardIterator",
      on: Self.resource(stream, shard: shard),
      body,
      retrying: policy
    )
    return ShardIterator(token: answer.ShardIterator)
  }
}

/// The answer of DescribeStreamSummary.
private struct StreamDescription: Decodable {
  struct Summary: Decodable {
    struct Mode: Decodable { var StreamMode: String }
    var StreamName: String
    var StreamARN: String
    var StreamStatus: String
    var OpenShardCount: Int
    var RetentionPeriodHours: Int
    var StreamCreationTimestamp: Double
    var StreamModeDetails: Mode?

    /// Nil for a status that is none.
    var summary: StreamSummary? {
      guard let status = StreamSummary.Status(rawValue: StreamStatus) else { return nil }
      return StreamSummary(
        name: StreamName,
        arn: StreamARN,
        status: status,
        openShardCount: OpenShardCount,
        retentionHours: RetentionPeriodHours,
        createdAt: EventTime(microseconds: 1_000_000 * Int64(StreamCreationTimestamp)),
        isOnDemand: StreamModeDetails?.StreamMode == "ON_DEMAND"
      )
    }
  }
  var StreamDescriptionSummary: Summary
}

/// One page of ListShards.
private struct ShardPage: Decodable {
  struct Entry: Decodable {
    struct HashKeys: Decodable {
      var StartingHashKey: String
      var EndingHashKey: String
    }
    struct SequenceNumbers: Decodable {
      var StartingSequenceNumber: String
      var EndingSequenceNumber: String?
    }
    var ShardId: String
    var ParentShardId: String?
    var AdjacentParentShardId: String?
    var HashKeyRange: HashKeys
    var SequenceNumberRange: SequenceNumbers

    var shard: Shard? {
      guard let first = HashKey(decimal: HashKeyRange.StartingHashKey),
        let last = HashKey(decimal: HashKeyRange.EndingHashKey), first <= last
      else { return nil }
      return Shard(
        id: ShardId,
        parentID: ParentShardId,
        adjacentParentID: AdjacentParentShardId,
        hashKeys: first...last,
        firstSequenceNumber: SequenceNumber(SequenceNumberRange.StartingSequenceNumber),
        lastSequenceNumber: SequenceNumberRange.EndingSequenceNumber.map { SequenceNumber($0) }
      )
    }
  }
  var Shards: [Entry]
  var NextToken: String?
}
