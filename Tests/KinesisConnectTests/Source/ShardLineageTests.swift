import TestSupport
import Testing

@testable import KinesisConnect

/// Histories of splits and merges, read slice by slice in any order.
@Suite struct ShardLineageTests {
  /// A stream that is resharded at random.
  private struct History {
    var shards: [Shard] = []
    var open: [Int] = []
    /// From the start of the list on, those that retention has taken.
    var trimmed = 0

    init(openShards count: Int) {
      let slices = HashKeySlices(count: count)
      for index in 0..<count { add(slices.keys(of: index), []) }
    }

    private mutating func add(_ keys: ClosedRange<HashKey>, _ parents: [Int]) {
      open.append(shards.count)
      shards.append(
        Shard(
          id: "shard-\(shards.count)",
          parentID: parents.first.map { "shard-\($0)" },
          adjacentParentID: parents.dropFirst().first.map { "shard-\($0)" },
          hashKeys: keys
        )
      )
    }

    var listed: [Shard] { Array(shards[trimmed...]) }
    func isClosed(_ id: String) -> Bool { !open.contains { shards[$0].id == id } }

    mutating func reshard(using random: inout SplitMix64) {
      open.sort { shards[$0].hashKeys.lowerBound < shards[$1].hashKeys.lowerBound }
      let place = Int.random(in: open.indices, using: &random)
      let first = open.remove(at: place)
      let keys = shards[first].hashKeys
      if place < open.count, Bool.random(using: &random) {
        let second = open.remove(at: place)
        add(keys.lowerBound...shards[second].hashKeys.upperBound, [first, second])
      } else {
        let (low, high) = (keys.lowerBound.value, keys.upperBound.value)
        let middle = UInt128.random(in: low..<high, using: &random)
        add(keys.lowerBound...HashKey(middle), [first])
        add(HashKey(middle + 1)...keys.upperBound, [first])
      }
    }
  }

  private static let allKeys = HashKey(0)...HashKey(.max)

  @Test(arguments: 0..<300)
  func `every shard is read once, its parents before it, from any position that was stored`(
    seed: Int
  ) throws {
    var random = SplitMix64(seed: UInt64(seed))
    var history = History(openShards: .random(in: 1...4, using: &random))
    let slices = HashKeySlices(count: .random(in: 1...5, using: &random))
    let keys = slices.keys(of: .random(in: 0..<slices.count, using: &random))
    var position = SlicePosition()
    var begun: [String] = []
    var ended: Set<String> = []

    func step() throws {
      // What the reader knows of the stream may be old: some of its newest shards are not there.
      let known = history.listed.dropLast(Int.random(in: 0...2, using: &random))
      let before = Set(position.shards.keys)
      let lineage = ShardLineage(Array(known), overlapping: keys)
      _ = lineage.advance(&position) { _ in true }
      for id in Set(position.shards.keys).subtracting(before) {
        #expect(!begun.contains(id), "\(id) was begun twice")
        let parents = try #require(lineage.shards[id]).parentIDs
        for parent in parents where lineage.shards[parent] != nil {
          #expect(ended.contains(parent), "\(id) was begun before the end of \(parent)")
        }
        begun.append(id)
      }
      // Some shard ends.
      let endable = position.shards.filter { $0.value.place != .end && history.isClosed($0.key) }
      if let id = endable.keys.sorted().randomElement(using: &random) {
        position.shards[id]?.place = .end
        ended.insert(id)
      }
      // The position is stored and taken up again.
      position = try SlicePosition(position.sourcePosition)
    }

    for _ in 0..<30 {
      if Bool.random(using: &random) { history.reshard(using: &random) }
      for _ in 0..<Int.random(in: 0...3, using: &random) { try step() }
    }
    for _ in 0..<500 { try step() }
    let expected = history.shards.filter { $0.hashKeys.overlaps(keys) }.map(\.id)
    #expect(Set(begun) == Set(expected))
    // The position stays short: what is read is told by what descends from it.
    #expect(position.shards.values.allSatisfy { $0.place != .end })
    #expect(Set(position.shards.keys) == Set(expected.filter { !history.isClosed($0) }))
  }

  @Test func `children whose parents retention has taken are begun at once`() {
    var random = SplitMix64(seed: 1)
    var history = History(openShards: 2)
    for _ in 0..<4 { history.reshard(using: &random) }
    history.trimmed = 5
    var position = SlicePosition()
    let lineage = ShardLineage(history.listed, overlapping: Self.allKeys)
    #expect(lineage.advance(&position) { _ in true })
    let listed = Set(history.listed.map(\.id))
    let roots = history.listed.filter { listed.isDisjoint(with: $0.parentIDs) }.map(\.id)
    #expect(Set(position.shards.keys) == Set(roots))
  }

  @Test func `a child knows how far its parents were read`() {
    var history = History(openShards: 1)
    let all = Self.allKeys
    history.shards += [
      Shard(id: "left", parentID: "shard-0", hashKeys: HashKey(0)...HashKey(9)),
      Shard(id: "right", parentID: "shard-0", hashKeys: HashKey(10)...HashKey(.max)),
      Shard(id: "both", parentID: "left", adjacentParentID: "right", hashKeys: all),
    ]
    let lineage = ShardLineage(history.shards, overlapping: all)
    var position = SlicePosition()
    position.shards = [
      "left": ShardPosition(place: .end, reach: 30), "right": ShardPosition(place: .end, reach: 20),
    ]
    #expect(lineage.advance(&position) { _ in true })
    #expect(position.shards == ["both": ShardPosition(place: .oldest, reach: 20)])
    #expect(!lineage.advance(&position) { _ in true })
  }
}
