import AWSClient
package import Dataflow
import Foundation
package import KinesisConnect

extension FakeKinesis.State {
  /// Carries an action out and gives its answer, a JSON object.
  mutating func perform(
    _ action: String,
    _ body: [String: Any],
    at now: EventTime,
    _ fault: FakeKinesis.Fault?
  ) throws -> [UInt8] {
    let answer: [String: Any]
    switch action {
    case "CreateStream": answer = try create(body)
    case "DescribeStreamSummary": answer = try describe(body)
    case "ListShards": answer = try listShards(body)
    case "PutRecords": answer = try put(body, at: now, fault)
    default: answer = try read(action, body, at: now)
    }
    return Array(try JSONSerialization.data(withJSONObject: answer))
  }

  /// - Throws: `Refusal` when there is no such stream.
  package func stream(_ body: [String: Any]) throws -> (name: String, stream: FakeStream) {
    let name = body["StreamName"] as? String ?? ""
    guard let stream = streams[name] else {
      throw FakeKinesis.Refusal(
        "ResourceNotFoundException",
        "Stream \(name) under account 123456789012 not found."
      )
    }
    return (name, stream)
  }

  private mutating func create(_ body: [String: Any]) throws -> [String: Any] {
    let name = body["StreamName"] as? String ?? ""
    guard streams[name] == nil else {
      throw FakeKinesis.Refusal(
        "ResourceInUseException",
        "Stream \(name) under account 123456789012 already exists."
      )
    }
    let mode = body["StreamModeDetails"] as? [String: String]
    let isOnDemand = mode?["StreamMode"] == "ON_DEMAND"
    // As the service: an on-demand stream begins with 4 shards, and not at once.
    var stream = FakeStream(
      shardCount: body["ShardCount"] as? Int ?? 4,
      isOnDemand: isOnDemand
    )
    stream.creatingDescriptions = 2
    streams[name] = stream
    return [:]
  }

  private mutating func describe(_ body: [String: Any]) throws -> [String: Any] {
    let (name, stream) = try stream(body)
    let isCreating = stream.creatingDescriptions > 0
    if isCreating { streams[name]?.creatingDescriptions -= 1 }
    return [
      "StreamDescriptionSummary": [
        "StreamName": name, "StreamARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/\(name)",
        "StreamStatus": isCreating ? "CREATING" : "ACTIVE",
        "StreamModeDetails": ["StreamMode": stream.isOnDemand ? "ON_DEMAND" : "PROVISIONED"],
        "RetentionPeriodHours": 24, "StreamCreationTimestamp": 1_700_000_000.123,
        "EnhancedMonitoring": [], "OpenShardCount": stream.shards.filter(\.isOpen).count,
      ] as [String: Any]
    ]
  }

  /// Pages of 3 shards, so that every larger stream takes several.
  private func listShards(_ body: [String: Any]) throws -> [String: Any] {
    var body = body
    var start = 0
    if let token = body["NextToken"] as? String {
      let parts = token.split(separator: "/")
      body["StreamName"] = String(parts[0])
      start = Int(parts[1]) ?? 0
    }
    let (name, stream) = try stream(body)
    let page = stream.shards.dropFirst(start).prefix(3)
    var answer: [String: Any] = ["Shards": page.filter { !$0.isGone }.map(Self.entry)]
    if page.endIndex < stream.shards.count { answer["NextToken"] = "\(name)/\(page.endIndex)" }
    return answer
  }

  private static func entry(_ shard: FakeShard) -> [String: Any] {
    var numbers = ["StartingSequenceNumber": shard.firstSequenceNumber]
    if let last = shard.lastSequenceNumber { numbers["EndingSequenceNumber"] = last }
    var entry: [String: Any] = [
      "ShardId": shard.id, "SequenceNumberRange": numbers,
      "HashKeyRange": [
        "StartingHashKey": shard.hashKeys.lowerBound.description,
        "EndingHashKey": shard.hashKeys.upperBound.description,
      ],
    ]
    if let parent = shard.parentID { entry["ParentShardId"] = parent }
    if let parent = shard.adjacentParentID { entry["AdjacentParentShardId"] = parent }
    return entry
  }

  private mutating func put(
    _ body: [String: Any],
    at now: EventTime,
    _ fault: FakeKinesis.Fault?
  ) throws -> [String: Any] {
    let (name, _) = try stream(body)
    let entries = body["Records"] as? [[String: String]] ?? []
    try Self.requireLimits(entries)
    var results: [[String: String]] = []
    for (index, entry) in entries.enumerated() {
      if case .failRecords(let fails, let code) = fault, fails(index) {
        results.append(["ErrorCode": code, "ErrorMessage": "the record was not stored"])
        continue
      }
      results.append(
        try store(
          Array(Data(base64Encoded: entry["Data"] ?? "") ?? Data()),
          partitionKey: entry["PartitionKey"] ?? "",
          explicitHashKey: entry["ExplicitHashKey"].flatMap { HashKey(decimal: $0) },
          in: name,
          at: now
        )
      )
    }
    return [
      "FailedRecordCount": results.count { $0["ErrorCode"] != nil }, "Records": results,
      "EncryptionType": "NONE",
    ]
  }

  /// Appends a record to the shard of its hash key.
  @discardableResult
  package mutating func store(
    _ data: [UInt8],
    partitionKey: String,
    explicitHashKey: HashKey? = nil,
    in name: String,
    at now: EventTime
  ) throws -> [String: String] {
    let hashKey =
      explicitHashKey ?? Array(partitionKey.utf8).withUnsafeBytes { HashKey(ofPartitionKey: $0) }
    guard let stream = streams[name], let shard = stream.openShard(of: hashKey) else {
      throw FakeKinesis.Refusal("InternalFailure", "no shard takes \(hashKey)", status: 500)
    }
    sequenceNumber += 1
    let record = FakeRecord(
      sequenceNumber: FakeRecord.sequenceNumber(sequenceNumber),
      partitionKey: partitionKey,
      hashKey: hashKey,
      data: data,
      arrivalMilliseconds: now.microseconds / 1000
    )
    streams[name]?.shards[shard].records.append(record)
    return ["SequenceNumber": record.sequenceNumber, "ShardId": stream.shards[shard].id]
  }

  /// As the service: what exceeds a limit is refused whole.
  private static func requireLimits(_ entries: [[String: String]]) throws {
    var total = 0
    for entry in entries {
      guard let data = entry["Data"].flatMap({ Data(base64Encoded: $0) }),
        let key = entry["PartitionKey"], !key.isEmpty
      else { throw FakeKinesis.Refusal("SerializationException", "a record without data or key") }
      let size = data.count + key.utf8.count
      total += size
      guard size <= 1 << 20, key.count <= 256 else {
        throw FakeKinesis.Refusal("ValidationException", "a record of \(size) bytes")
      }
    }
    guard !entries.isEmpty, entries.count <= 500, total <= 5 << 20 else {
      throw FakeKinesis.Refusal(
        "InvalidArgumentException",
        "\(entries.count) records of \(total) bytes in a call"
      )
    }
  }
}
