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
      if index.isFull { resize() }
      expected[reference] = key
      index.insert(key, reference)
    }

    mutating func remove(_ reference: UInt32) {
      guard let key = expected.removeValue(forKey: reference) else { return }
      index.remove(key, reference)
      if index.isSparse { resize() }
    }

    private mutating func resize() {
      let expected = expected
      index.resize(keyOf: { expected[$0] ?? 0 })
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
    /// The same tag everywhere.
    case oneTag
    /// Few homes, so that most entries stand behind full ones.
    case fewHomes
    /// The last line, and all behind it: the search goes around.
    case oneKey

    func key(_ random: inout SplitMix64) -> HashKey {
      let bits = random.next()
      switch self {
      case .random: return bits
      case .oneTag: return bits & ~0xFFFF
      case .fewHomes: return bits & 0xC000_C000_0000_0003
      case .oneKey: return .max
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
    var pair = Pair()
    for reference in UInt32(1)...3000 {
      pair.insert(random.next(), reference)
      if reference > 500 { #expect(pair.index.allocatedBytes < Int(reference) * 11) }
    }
    for reference in UInt32(1)...3000 { pair.remove(reference) }
    #expect(pair.index.count == 0)
    #expect(pair.index.allocatedBytes <= 4096)
  }

  @Test func `entries that come and go do not wear the lines out`() {
    var random = SplitMix64(seed: 5)
    var index = HashIndex()
    var keys: [HashKey] = []
    for reference in 0..<100_000 {
      keys.append(random.next())
      let keys = keys
      if index.isFull { index.resize(keyOf: { keys[Int($0) - 1] }) }
      index.insert(keys[reference], UInt32(reference) + 1)
      if reference >= 4000 { index.remove(keys[reference - 4000], UInt32(reference) - 3999) }
    }
    #expect(index.count == 4000)
    #expect(index.overflowedLineCount < 20)
  }
}
