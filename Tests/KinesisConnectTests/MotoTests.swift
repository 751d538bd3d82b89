import AWSClient
import Connect
import Dataflow
import Foundation
import KinesisConnect
import TestSupport
import Testing

/// Against a server by others, over HTTP, its signature checks on.
@Suite struct MotoTests {
  private static func settings(_ prefix: String) throws -> KinesisSettings {
    try KinesisSettings(
      region: MotoServer.region,
      prefix: prefix,
      endpoint: MotoServer.shared.get().address
    )
  }

  private static func newPrefix() -> String { "shop-\(UUID().uuidString.prefix(8))" }

  /// All records of a stream, by shard, page after page.
  private static func read(
    _ stream: String,
    by client: KinesisClient,
    limit: Int
  ) throws -> [(shard: Shard, records: [(number: SequenceNumber, key: String, text: String)])] {
    try client.listShards(of: stream).map { shard in
      var records: [(number: SequenceNumber, key: String, text: String)] = []
      var iterator = try client.shardIterator(of: shard.id, in: stream, from: .trimHorizon)
      while true {
        let page = try client.records(from: iterator, of: shard.id, in: stream, limit: limit)
        for record in page.records {
          records.append(
            (
              page.sequenceNumber(of: record), page.text(record.partitionKey),
              page.text(record.data)
            )
          )
        }
        guard let next = page.next, !page.records.isEmpty else { break }
        iterator = next
      }
      return (shard, records)
    }
  }

  @Test func `what is written is read, in its shard and in order`() throws {
    let server = try MotoServer.shared.get()
    let settings = try Self.settings(Self.newPrefix())
    let client = KinesisClient(settings, environment: server.environment)
    let messages = (0..<700).map { (key: "user \"\($0 % 97)\" é", text: "{\"n\":\($0)}") }
    for isContinued in [false, true] {
      let writer = try KinesisLogWriter(settings, makesMissing: true, client: client)
      try KeyedMessages(messages).append(to: writer, .clicks)
      try writer.finish()
      #expect(writer.deliveredCount == messages.count)
      #expect(writer.isContinued == isContinued)
      #expect(writer.layout == "4 and 4 shards")
    }
    let stream = settings.streamName(of: .clicks)
    #expect(try client.describeStreamSummary(stream).isOnDemand)
    let shards = try Self.read(stream, by: client, limit: 100)
    #expect(shards.count == 4)
    var order: [String: [String]] = [:]
    for (shard, records) in shards {
      #expect(records.map(\.number) == records.map(\.number).sorted())
      for record in records {
        let hashKey = Array(record.key.utf8).withUnsafeBytes { HashKey(ofPartitionKey: $0) }
        #expect(shard.hashKeys.contains(hashKey))
        order[record.key, default: []].append(record.text)
      }
    }
    var expected: [String: [String]] = [:]
    for (key, text) in messages + messages { expected[key, default: []].append(text) }
    #expect(order == expected)
  }

  @Test func `iterators begin at, after and at the time of a record`() throws {
    let server = try MotoServer.shared.get()
    let settings = try Self.settings(Self.newPrefix())
    let client = KinesisClient(settings, environment: server.environment)
    let writer = try KinesisLogWriter(settings, makesMissing: true, client: client)
    try KeyedMessages((0..<5).map { ("one user", "\($0)") }).append(to: writer, .checkouts)
    try writer.finish()
    let stream = settings.streamName(of: .checkouts)
    let shards = try Self.read(stream, by: client, limit: 10_000)
    let (shard, records) = try #require(shards.first { !$0.records.isEmpty })
    func texts(from start: IteratorStart) throws -> [String] {
      let iterator = try client.shardIterator(of: shard.id, in: stream, from: start)
      let page = try client.records(from: iterator, of: shard.id, in: stream)
      #expect(page.millisecondsBehind == 0)
      return page.records.map { page.text($0.data) }
    }
    #expect(try texts(from: .at(records[2].number)) == ["2", "3", "4"])
    #expect(try texts(from: .after(records[2].number)) == ["3", "4"])
    #expect(try texts(from: .timestamp(EventTime(microseconds: 0))) == ["0", "1", "2", "3", "4"])
    #expect(try texts(from: .latest) == [])
  }

  @Test func `a role's temporary credentials are as good`() throws {
    let server = try MotoServer.shared.get()
    let settings = try Self.settings(Self.newPrefix())
    try withTemporaryDirectory { directory in
      let config = """
        [profile base]
        aws_access_key_id = \(server.environment["AWS_ACCESS_KEY_ID"] ?? "")
        aws_secret_access_key = \(server.environment["AWS_SECRET_ACCESS_KEY"] ?? "")
        [profile role]
        role_arn = \(MotoServer.role)
        source_profile = base
        region = \(MotoServer.region)
        """
      let path = directory + "/config"
      try Data(config.utf8).write(to: URL(filePath: path))
      let environment = [
        "AWS_CONFIG_FILE": path, "AWS_SHARED_CREDENTIALS_FILE": directory + "/none",
        "AWS_ENDPOINT_URL_STS": server.address, "AWS_PROFILE": "role",
      ]
      let client = KinesisClient(settings, environment: environment)
      try client.createStream(settings.streamName(of: .clicks))
      let summary = try client.describeStreamSummary(settings.streamName(of: .clicks))
      #expect(summary.isOnDemand)
    }
  }

  @Test func `what is refused says action, resource and reason`() throws {
    let server = try MotoServer.shared.get()
    let settings = try Self.settings(Self.newPrefix())
    let clicks = settings.streamName(of: .clicks)
    func refusal(_ environment: [String: String]) -> ConnectorError? {
      #expect(throws: ConnectorError.self) {
        try KinesisLogWriter(
          settings,
          makesMissing: false,
          client: KinesisClient(settings, environment: environment)
        )
      }
    }
    let attempt =
      "could not call kinesis:DescribeStreamSummary on stream \"\(clicks)\" at "
      + "\(server.address): "
    let absence = """
      could not call kinesis:PutRecords on streams "\(clicks)" and \
      "\(settings.streamName(of: .checkouts))" at \(server.address): there are no such streams in \
      region eu-west-1
      """
    #expect(refusal(server.environment)?.message == absence)
    let wrongSecret = server.environment.merging(["AWS_SECRET_ACCESS_KEY": "wrong"]) { $1 }
    #expect(
      refusal(wrongSecret)?.message.hasPrefix(attempt + "SignatureDoesNotMatch: ") == true
    )
    let wrongKey = server.environment.merging(["AWS_ACCESS_KEY_ID": "wrong"]) { $1 }
    #expect(refusal(wrongKey)?.message.hasPrefix(attempt + "InvalidClientTokenId: ") == true)
    let powerless = refusal(server.powerlessEnvironment)
    #expect(powerless?.message.hasPrefix(attempt + "AccessDenied") == true)
    #expect(
      powerless?.hint
        == "give the credentials' user or role the right kinesis:DescribeStreamSummary "
        + "on stream \"\(clicks)\""
    )
  }
}
