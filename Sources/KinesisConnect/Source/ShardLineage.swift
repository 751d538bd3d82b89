/// In which order the shards of a slice are read: parents to their end before their children.
///
///     P --split--> A, B        B, C --merge--> D
///
///     P 0 |####| end
///     A         |#######...            P unlisted: A descends from it
///     B         |###| end              listed as `end` until D begins
///     C   |######...                   D waits for C
///
/// Only the shards that overlap the slice count: D need not wait for a parent that has no keys of it.
struct ShardLineage {
  /// Those that overlap the slice, by id.
  let shards: [String: Shard]

  /// - Parameters:
  ///   - shards: of the stream, closed ones as far as it still knows them.
  ///   - keys: of the slice.
  init(_ shards: some Sequence<Shard>, overlapping keys: ClosedRange<HashKey>) {
    self.shards = Dictionary(
      shards.filter { $0.hashKeys.overlaps(keys) }.map { ($0.id, $0) }
    ) { $1 }
  }

  /// Every shard from which one of these descends, as far as the stream still knows them.
  func ancestors(of ids: some Sequence<String>) -> Set<String> {
    var found: Set<String> = []
    var open = Array(ids)
    while let id = open.popLast() {
      for parent in shards[id]?.parentIDs ?? [] where found.insert(parent).inserted {
        open.append(parent)
      }
    }
    return found
  }

  /// True if a shard is known that descends from this one at once.
  func hasChildren(of id: String) -> Bool { shards.values.contains { $0.parentIDs.contains(id) } }

  /// The shards of a position that the stream does not know, yet or any more.
  func missing(of position: SlicePosition) -> [String] {
    position.shards.keys.filter { shards[$0] == nil }.sorted()
  }

  /// The shards of a position that are at their end there, though the stream says that they are open.
  func openEnds(of position: SlicePosition) -> [String] {
    position.shards.filter { id, shard in
      shard.place == .end && shards[id]?.isOpen == true && !hasChildren(of: id)
    }.keys.sorted()
  }

  /// Begins every shard whose parents are read to their end, and forgets parents that its beginning
  /// tells of.
  ///
  /// Does nothing while the position has a shard that is not known here: an older list of the shards
  /// does not tell from which ones it descends.
  ///
  /// - Parameters:
  ///   - position: of the slice.
  ///   - isWanted: false for shards that are not to be begun.
  /// - Returns: whether anything has changed.
  func advance(_ position: inout SlicePosition, where isWanted: (String) -> Bool) -> Bool {
    guard missing(of: position).isEmpty else { return false }
    let read = ancestors(of: position.shards.keys)
    func isOver(_ parent: String) -> Bool {
      guard let shard = position.shards[parent] else {
        return read.contains(parent) || shards[parent] == nil
      }
      return shard.place == .end
    }
    let beginnings = shards.values.filter { shard in
      position.shards[shard.id] == nil && !read.contains(shard.id) && isWanted(shard.id)
        && shard.parentIDs.allSatisfy(isOver)
    }
    guard !beginnings.isEmpty else { return false }
    // Whatever is in a child arrived after its parents were closed.
    for shard in beginnings {
      let reaches = shard.parentIDs.compactMap { position.shards[$0]?.reach }
      position.shards[shard.id] = ShardPosition(place: .oldest, reach: reaches.min() ?? 0)
    }
    let told = ancestors(of: beginnings.map(\.id))
    position.shards = position.shards.filter { $0.value.place != .end || !told.contains($0.key) }
    return true
  }
}

extension Shard {
  /// One that was split, or two that were merged; they may be gone by retention.
  var parentIDs: [String] { [parentID, adjacentParentID].compactMap(\.self) }
}
