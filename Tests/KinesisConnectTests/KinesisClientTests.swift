import AWSClient
import Connect
import Dataflow
import KinesisConnect
import TestSupport
import Testing

@Suite struct KinesisClientTests {
  @Test func `a stream is made in on-demand mode and described`() throws {
    let kinesis = try FakeKinesis()
    defer { kinesis.stop() }
    let client = try KinesisClient(of: kinesis)
    try client.createStream("shop-clicks")
    #expect(try client.describeStreamSummary("shop-clicks").status == .creating)
    _ = try client.describeStreamSummary("shop-clicks")
    let summary = try client.describeStreamSummary("shop-clicks")
    #expect(
      summary
        == StreamSummary(
          name: "shop-clicks",
          arn: "arn:aws:kinesis:eu-west-1:123456789012:stream/shop-clicks",
          status: .active,
          openShardCount: 4,
          retentionHours: 24,
          createdAt: EventTime(microseconds: 1_700_000_000_000_000),
          isOnDemand: true
        )
    )
  }

  @Test func `shards are listed over all pages, and share the hash keys out`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 8])
    defer { kinesis.stop() }
    let shards = try KinesisClient(of: kinesis).listShards(of: "shop-clicks")
    #expect(kinesis.callCount(of: "ListShards") == 3)
    #expect(shards.map(\.id) == (0..<8).map { "shardId-00000000000\($0)" })
    #expect(shards.first?.hashKeys.lowerBound == HashKey(0))
    #expect(shards.last?.hashKeys.upperBound == HashKey(.max))
    for (left, right) in zip(shards, shards.dropFirst()) {
      #expect(left.hashKeys.upperBound.value + 1 == right.hashKeys.lowerBound.value)
    }
  }

  @Test func `an answer that cannot be read is asked for again`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1])
    defer { kinesis.stop() }
    kinesis.onCall { $0.number == 1 ? .changeAnswer { _ in Array("<html>".utf8) } : nil }
    let client = try KinesisClient(of: kinesis)
    let policy = RetryPolicy(attempts: 2) { _ in true }
    #expect(try client.describeStreamSummary("shop-clicks", retrying: policy).status == .active)
    let shard = try #require(try client.listShards(of: "shop-clicks", retrying: policy).first).id
    _ = try client.shardIterator(of: shard, in: "shop-clicks", from: .latest, retrying: policy)
    #expect(client.counts.retried == 3)
  }

  @Test func `an answer that cannot be read at all is an error that may pass`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1])
    defer { kinesis.stop() }
    kinesis.onCall { _ in .changeAnswer { _ in Array("<html>".utf8) } }
    let client = try KinesisClient(of: kinesis)
    let error = #expect(throws: ServiceError.self) {
      try client.listShards(of: "shop-clicks", retrying: RetryPolicy(attempts: 3) { _ in true })
    }
    #expect(kinesis.callCount(of: "ListShards") == 3)
    #expect(
      error?.connectorError.message
        == "could not call kinesis:ListShards on stream \"shop-clicks\" at \(kinesis.address): "
        + "expected the fields of ListShards in its answer, found 6 other bytes"
    )
  }

  @Test func `records go to the shard of their key, and come out as they went in`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 4])
    defer { kinesis.stop() }
    let client = try KinesisClient(of: kinesis)
    var body = PutRecordsBody(stream: "shop-clicks")
    for number in 0..<100 {
      body.append("line \"\(number)\" ü", key: "user \"\\\u{1}é\(number)")
    }
    body.append("explicit", key: "k", explicitHashKey: HashKey(.max))
    let answer = try client.putRecords(body.take(), recordCount: 101, to: "shop-clicks")
    #expect(answer.failures.isEmpty)
    let records = kinesis.records(of: "shop-clicks")
    #expect(records.allSatisfy { $0.count > 10 })
    let stored = records.joined().sorted { $0.sequenceNumber < $1.sequenceNumber }
    #expect(stored.dropLast().map(\.text) == (0..<100).map { "line \"\($0)\" ü" })
    #expect(stored.dropLast().map(\.partitionKey) == (0..<100).map { "user \"\\\u{1}é\($0)" })
    #expect(records[3].last?.text == "explicit")
  }

  @Test func `records that failed are named by their place`() throws {
    let kinesis = try FakeKinesis(["shop-clicks": 1])
    defer { kinesis.stop() }
    kinesis.onCall { _ in
      .failRecords({ $0 == 1 || $0 == 3 }, code: "ProvisionedThroughputExceededException")
    }
    let client = try KinesisClient(of: kinesis)
    var body = PutRecordsBody(stream: "shop-clicks")
    for number in 0..<4 { body.append("\(number)", key: "k") }
    let answer = try client.putRecords(body.take(), recordCount: 4, to: "shop-clicks")
    #expect(answer.failures.map(\.index) == [1, 3])
    #expect(answer.failures.allSatisfy { $0.isThrottling })
    #expect(client.counts.throttled == 2)
    #expect(kinesis.records(of: "shop-clicks").joined().map(\.text) == ["0", "2"])
  }
}

extension KinesisClient {
  /// A client of the fake, whose streams begin with `shop`.
  convenience init(of kinesis: FakeKinesis) throws {
    self.init(
      try KinesisSettings(
        region: FakeKinesis.region,
        prefix: "shop",
        endpoint: kinesis.address
      ),
      environment: kinesis.environment,
      transport: CurlTransport()
    )
  }
}

extension PutRecordsBody {
  fileprivate mutating func append(_ data: String, key: String, explicitHashKey: HashKey? = nil) {
    Array(data.utf8).withUnsafeBytes { data in
      Array(key.utf8).withUnsafeBytes { key in
        append(data: data, partitionKey: key, explicitHashKey: explicitHashKey)
      }
    }
  }
}
