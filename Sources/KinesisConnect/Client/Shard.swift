/// One shard of a stream: the part of the hash-key space that it takes, and what it came from.
package struct Shard: Hashable, Sendable {
  /// `shardId-000000000000`.
  package var id: String
  /// The one it was split from, or one of the two it was merged from.
  package var parentID: String?
  /// The other of the two it was merged from.
  package var adjacentParentID: String?
  /// Both ends are the shard's.
  package var hashKeys: ClosedRange<HashKey>
  package var firstSequenceNumber: SequenceNumber?
  /// Nil while the shard is open.
  package var lastSequenceNumber: SequenceNumber?

  package init(
    id: String,
    parentID: String? = nil,
    adjacentParentID: String? = nil,
    hashKeys: ClosedRange<HashKey>,
    firstSequenceNumber: SequenceNumber? = nil,
    lastSequenceNumber: SequenceNumber? = nil
  ) {
    self.id = id
    self.parentID = parentID
    self.adjacentParentID = adjacentParentID
    self.hashKeys = hashKeys
    self.firstSequenceNumber = firstSequenceNumber
    self.lastSequenceNumber = lastSequenceNumber
  }

  package var isOpen: Bool { lastSequenceNumber == nil }
}

/// A shard that follows one that was read to its end, as GetRecords names it.
package struct ChildShard: Hashable, Sendable {
  package var id: String
  package var parentIDs: [String]
  package var hashKeys: ClosedRange<HashKey>

  package init(id: String, parentIDs: [String], hashKeys: ClosedRange<HashKey>) {
    self.id = id
    self.parentIDs = parentIDs
    self.hashKeys = hashKeys
  }
}
