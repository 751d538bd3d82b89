package import KinesisConnect

/// One stream of a `FakeKinesis`.
package struct FakeStream: Sendable {
  /// In the order in which they were made; a closed one stays.
  package var shards: [FakeShard]
  package var isOnDemand: Bool
  /// Descriptions that still say CREATING.
  package var creatingDescriptions = 0

  /// Shards that divide the hash keys evenly.
  package init(shardCount: Int, isOnDemand: Bool = false) {
    let width = UInt128.max / UInt128(shardCount)
    shards = (0..<shardCount).map { number in
      let start = UInt128(number) * width
      let end = number == shardCount - 1 ? .max : start + width - 1
      return FakeShard(number: number, hashKeys: HashKey(start)...HashKey(end))
    }
    self.isOnDemand = isOnDemand
  }

  /// The place in `shards` of the open one that takes a hash key.
  package func openShard(of key: HashKey) -> Int? {
    shards.firstIndex { $0.isOpen && $0.hashKeys.contains(key) }
  }
}

/// One shard of a `FakeStream`.
package struct FakeShard: Sendable {
  package var id: String
  package var parentID: String?
  package var adjacentParentID: String?
  package var hashKeys: ClosedRange<HashKey>
  package var firstSequenceNumber: String
  package var records: [FakeRecord] = []
  /// Nil while it is open.
  package var lastSequenceNumber: String?
  /// Records that retention has removed, from the first on.
  package var trimmedCount = 0
  /// True when retention has removed the shard itself.
  package var isGone = false

  package init(
    number: Int,
    hashKeys: ClosedRange<HashKey>,
    parentID: String? = nil,
    adjacentParentID: String? = nil,
    firstSequenceNumber: String = FakeRecord.sequenceNumber(0)
  ) {
    let digits = String(number)
    id = "shardId-" + String(repeating: "0", count: 12 - digits.count) + digits
    self.hashKeys = hashKeys
    self.parentID = parentID
    self.adjacentParentID = adjacentParentID
    self.firstSequenceNumber = firstSequenceNumber
  }

  package var isOpen: Bool { lastSequenceNumber == nil }
}

/// One stored record.
package struct FakeRecord: Sendable {
  package var sequenceNumber: String
  package var partitionKey: String
  package var hashKey: HashKey
  package var data: [UInt8]
  /// Milliseconds since 1970, by the fake's clock.
  package var arrivalMilliseconds: Int64

  /// 56 digits, as the service has them.
  package static func sequenceNumber(_ number: Int) -> String {
    let digits = String(number)
    return "4959" + String(repeating: "0", count: 52 - digits.count) + digits
  }

  package var text: String { String(decoding: data, as: UTF8.self) }
}
