@testable import Attribution
import Events
import TestSupport
import Testing

@Suite struct KeyTableTests {
  /// A table beside a dictionary of what it should hold: reference -> key.
  private struct Pair: ~Copyable {
    var table = KeyTable()
    var expected: [UInt32: HashKey] = [:]

    mutating func insert(_ key: HashKey, _ reference: UInt32) {
      expected[reference] = key
      table.insert(key, reference)
    }

    mutating func remove(_ reference: UInt32) {
      guard let key = expected.removeValue(forKey: reference) else { return }
      table.remove(key, reference)
    }

    /// References that are not found under their key, or are found after their removal.
    func misses(removed: [UInt32: HashKey] = [:]) -> Int {
      expected.count { pair in table.find(pair.value) { $0 == pair.key } != pair.key }
        + removed.count { pair in table.find(pair.value) { $0 == pair.key } != 0 }
    }
  }

  /// How the keys of a test come about.
  enum Keys: CaseIterable {
    /// As hashes are.
    case random
    /// Few homes, so that most entries stand behind others.
    case fewHomes
    /// The last slot, and all behind it: the search goes around.
    case oneKey

    func key(_ random: inout SplitMix64) -> HashKey {
      let bits = random.next()
      switch self {
      case .random: return bits
      case .fewHomes: return bits & 0xC000_0001_0000_0003
      case .oneKey: return .max
      }
    }
  }

  @Test(arguments: Keys.allCases)
  func `a table holds what was inserted and not removed`(keys: Keys) {
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
    #expect(pair.table.count == pair.expected.count)
    for reference in pair.expected.keys.sorted() { pair.remove(reference) }
    #expect(pair.table.count == 0)
    #expect(pair.table.likely(keys.key(&random)) == 0)
  }

  @Test func `memory follows the count up and down`() {
    var random = SplitMix64(seed: 4)
    var pair = Pair()
    for reference in UInt32(1)...3000 {
      pair.insert(random.next(), reference)
      if reference > 500 { #expect(pair.table.allocatedBytes < Int(reference) * 18) }
    }
    for reference in UInt32(1)...3000 { pair.remove(reference) }
    #expect(pair.table.count == 0)
    #expect(pair.table.allocatedBytes <= 8192)
  }
}
