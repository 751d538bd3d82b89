import Dataflow
import Foundation
import KinesisConnect

/// What readers ask, and what happens to shards while they read.
extension FakeKinesis.State {
  /// GetShardIterator and GetRecords.
  mutating func read(
    _ action: String,
    _ body: [String: Any],
    at now: EventTime
  ) throws -> [String: Any] {
    switch action {
    case "GetShardIterator": try makeIterator(body)
    case "GetRecords": try records(body, at: now)
    default:
      throw FakeKinesis.Refusal("UnknownOperationException", "there is no action \(action) here")
    }
  }

  private mutating func makeIterator(_ body: [String: Any]) throws -> [String: Any] {
    let (name, stream) = try stream(body)
    let id = body["ShardId"] as? String ?? ""
    guard let shard = stream.shards.first(where: { $0.id == id && !$0.isGone }) else {
      throw FakeKinesis.Refusal("ResourceNotFoundException", "Shard \(id) of \(name) not found.")
    }
    let number = body["StartingSequenceNumber"] as? String ?? ""
    let trimmed = shard.records.prefix(shard.trimmedCount)
    if refusesTrimmed, trimmed.contains(where: { $0.sequenceNumber == number }) {
      throw FakeKinesis.Refusal(
        "InvalidArgumentException",
        "StartingSequenceNumber \(number) used in GetShardIterator on shard \(id) in stream \(name) "
          + "is invalid."
      )
    }
    let index: Int? =
      switch body["ShardIteratorType"] as? String {
      case "TRIM_HORIZON": 0
      case "LATEST": shard.records.count
      case "AT_SEQUENCE_NUMBER": shard.records.firstIndex { $0.sequenceNumber >= number }
      default: shard.records.firstIndex { $0.sequenceNumber > number }
      }
    return [
      "ShardIterator": token(name, id, max(index ?? shard.records.count, shard.trimmedCount))
    ]
  }

  private mutating func token(_ stream: String, _ shard: String, _ index: Int) -> String {
    nextToken += 1
    let token = "iterator-\(nextToken)"
    iterators[token] = FakeKinesis.Iterator(stream: stream, shard: shard, index: index)
    return token
  }

  private mutating func records(_ body: [String: Any], at now: EventTime) throws -> [String: Any] {
    guard let iterator = iterators[body["ShardIterator"] as? String ?? ""],
      let shard = streams[iterator.stream]?.shards.first(where: { $0.id == iterator.shard })
    else { throw FakeKinesis.Refusal("InvalidArgumentException", "Invalid ShardIterator.") }
    guard !iterator.isExpired else {
      throw FakeKinesis.Refusal("ExpiredIteratorException", "Iterator expired.")
    }
    let limit = min(body["Limit"] as? Int ?? 10_000, pageLimit)
    // As the service: a page may be empty although there is more.
    let isEmpty = emptyPages > 0 && (callCounts["GetRecords"] ?? 0).isMultiple(of: emptyPages)
    let start = max(iterator.index, shard.trimmedCount)
    let end = isEmpty ? start : min(start + limit, shard.records.count)
    let next = end < shard.records.count ? shard.records[end] : nil
    let milliseconds = now.microseconds / 1000
    var answer: [String: Any] = [
      "Records": shard.records[start..<end].map(\.entry),
      "MillisBehindLatest": next.map { max(1, milliseconds - $0.arrivalMilliseconds) } ?? 0,
    ]
    if next != nil || shard.isOpen {
      answer["NextShardIterator"] = token(iterator.stream, shard.id, end)
    } else if namesChildren {
      answer["ChildShards"] = children(of: shard, in: iterator.stream)
    }
    return answer
  }

  private func children(of shard: FakeShard, in stream: String) -> [[String: Any]] {
    let children = streams[stream]?.shards.filter {
      $0.parentID == shard.id || $0.adjacentParentID == shard.id
    }
    return (children ?? []).map { child in
      [
        "ShardId": child.id,
        "ParentShards": [child.parentID, child.adjacentParentID].compactMap(\.self),
        "HashKeyRange": [
          "StartingHashKey": child.hashKeys.lowerBound.description,
          "EndingHashKey": child.hashKeys.upperBound.description,
        ],
      ]
    }
  }

  // MARK: Resharding and retention

  /// Closes an open shard; what comes goes to two new ones, each half of its keys.
  package mutating func split(_ shard: String, of name: String) {
    guard let keys = close(shard, of: name) else { return }
    let middle = keys.lowerBound.value + (keys.upperBound.value - keys.lowerBound.value) / 2
    add(keys.lowerBound...HashKey(middle), to: name, parents: [shard])
    add(HashKey(middle + 1)...keys.upperBound, to: name, parents: [shard])
  }

  /// Closes an open shard and the one with the keys behind its own; one new shard takes both parts.
  ///
  /// - Returns: false if there is none behind it.
  @discardableResult
  package mutating func merge(_ shard: String, of name: String) -> Bool {
    let shards = streams[name]?.shards ?? []
    guard let first = shards.first(where: { $0.id == shard && $0.isOpen }),
      first.hashKeys.upperBound.value < .max,
      let second = shards.first(where: {
        $0.isOpen && $0.hashKeys.lowerBound.value == first.hashKeys.upperBound.value + 1
      })
    else { return false }
    _ = close(first.id, of: name)
    _ = close(second.id, of: name)
    let keys = first.hashKeys.lowerBound...second.hashKeys.upperBound
    add(keys, to: name, parents: [first.id, second.id])
    return true
  }

  package func openShards(of name: String) -> [String] {
    streams[name]?.shards.filter(\.isOpen).map(\.id) ?? []
  }

  private mutating func close(_ id: String, of name: String) -> ClosedRange<HashKey>? {
    guard let index = streams[name]?.shards.firstIndex(where: { $0.id == id && $0.isOpen }) else {
      return nil
    }
    sequenceNumber += 1
    streams[name]?.shards[index].lastSequenceNumber = FakeRecord.sequenceNumber(sequenceNumber)
    return streams[name]?.shards[index].hashKeys
  }

  private mutating func add(
    _ keys: ClosedRange<HashKey>,
    to name: String,
    parents: [String]
  ) {
    sequenceNumber += 1
    let shard = FakeShard(
      number: streams[name]?.shards.count ?? 0,
      hashKeys: keys,
      parentID: parents.first,
      adjacentParentID: parents.dropFirst().first,
      firstSequenceNumber: FakeRecord.sequenceNumber(sequenceNumber)
    )
    streams[name]?.shards.append(shard)
  }

  /// Every iterator that was handed out is too old from now on.
  package mutating func expireIterators() {
    for token in iterators.keys { iterators[token]?.isExpired = true }
  }

  /// Retention removes the oldest records of a shard, and the shard itself if it is closed and has
  /// none left.
  package mutating func trim(_ id: String, of name: String, recordCount: Int) {
    guard let index = streams[name]?.shards.firstIndex(where: { $0.id == id }),
      let shard = streams[name]?.shards[index]
    else { return }
    streams[name]?.shards[index].trimmedCount = min(recordCount, shard.records.count)
    streams[name]?.shards[index].isGone = !shard.isOpen && recordCount >= shard.records.count
  }
}

extension FakeRecord {
  fileprivate var entry: [String: Any] {
    [
      "SequenceNumber": sequenceNumber, "PartitionKey": partitionKey,
      "Data": Data(data).base64EncodedString(),
      "ApproximateArrivalTimestamp": Double(arrivalMilliseconds) / 1000,
    ]
  }
}
