@testable import Attribution
import Dataflow
import TestSupport
import Testing

@Suite struct HashIndexTests {
  /// An index beside a dictionary of what it should hold: reference -> key.
  private struct Pair: ~Copyable {
    var index = HashIndex()
    var expected: [UInt32: HashKey] = [:]

    mutating func insert(_ key: HashKey, _ reference: UInt32) {
      expected[reference] = key
      let expected = expected
      index.insert(key, reference, laneOf: { expected[$0]?.lane ?? 0 })
    }

    mutating func remove(_ reference: UInt32) {
      guard let key = expected[reference] else { return }
      let expected = expected
      index.remove(key.lane, reference, laneOf: { expected[$0]?.lane ?? 0 })
      self.expected[reference] = nil
    }

    /// References that are not found under their key, or are found after their removal.
    func misses(removed: [UInt32: HashKey] = [:]) -> Int {
      expected.count { pair in index.find(pair.value) { $0 == pair.key } != pair.key }
        + removed.count { pair in index.find(pair.value) { $0 == pair.key } != 0 }
    }
  }

  /// How the keys of a test come about.
  enum Keys: CaseIterable {
    /// As hashes are.
    case random
    /// The same tag in every line.
    case oneTag
    /// All at home in one line, with two tags: it and those behind it are full of passed over ones.
    case oneLine

    func key(_ random: inout SplitMix64) -> HashKey {
      let bits = random.next()
      switch self {
      case .random: return HashKey(lane: bits, tag: UInt16(truncatingIfNeeded: bits))
      case .oneTag: return HashKey(lane: bits, tag: 0)
      case .oneLine: return HashKey(lane: .max, tag: UInt16(bits % 2))
      }
    }
  }

  @Test(arguments: Keys.allCases)
  func `an index holds what was inserted and not removed`(keys: Keys) {
    var random = SplitMix64(seed: 3)
    var pair = Pair()
    var removed: [UInt32: HashKey] = [:]
    for reference in UInt32(1)...600 {
      pair.insert(keys.key(&random), reference)
      if reference % 3 == 0 {
        let former = UInt32(random.next() % UInt64(reference)) + 1
        removed[former] = pair.expected[former]
        pair.remove(former)
      }
      if reference % 50 == 0 { #expect(pair.misses(removed: removed) == 0) }
    }
    #expect(pair.index.count == pair.expected.count)
    for reference in pair.expected.keys.sorted() { pair.remove(reference) }
    #expect(pair.index.count == 0)
    #expect(pair.index.first(keys.key(&random)) == 0)
  }

  @Test func `memory follows the count up and down`() {
    var random = SplitMix64(seed: 4)
    var index = HashIndex()
    var lanes: [UInt64] = [0]
    for reference in UInt32(1)...20_000 {
      lanes.append(random.next())
      let lanes = lanes
      index.insert(
        HashKey(lane: lanes[Int(reference)], tag: 7),
        reference,
        laneOf: { lanes[Int($0)] }
      )
      if reference > 1000 { #expect(index.allocatedBytes < Int(reference) * 10) }
    }
    for reference in UInt32(1)...20_000 {
      let lanes = lanes
      index.remove(lanes[Int(reference)], reference, laneOf: { lanes[Int($0)] })
    }
    #expect(index.count == 0)
    #expect(index.allocatedBytes <= 4096)
  }
}
