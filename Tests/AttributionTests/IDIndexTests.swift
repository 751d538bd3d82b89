@testable import Attribution
import Events
import TestSupport
import Testing

@Suite struct IDIndexTests {
  /// An index with its cells and buckets, beside a dictionary of what they should hold.
  private struct Pair: ~Copyable {
    var cells = ChunkArena()
    var buckets = Buckets(bits: 4)
    var index: IDIndex
    let hash: KeyedHash
    /// The times under which every id is in state.
    var expected: [String: [Int64]] = [:]
    var mistakes = 0

    init(idMask: UInt64) {
      hash = KeyedHash(idMask: idMask)
      index = IDIndex(of: CheckoutID.flag, buckets, cells.blocks, hash)
    }

    /// Admits an id as the engine does, and notes where that differs from the dictionary.
    mutating func admit(_ text: String, at time: Int64, known: ClosedRange<Int64>) {
      let isNew = expected[text, default: []].allSatisfy { !known.contains($0) }
      let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 16)
      let isAdmitted = bytes.withUnsafeBytes { bytes in
        guard let message = bytes.baseAddress else { return false }
        return admit(message, text.utf8.count, at: time, known: known)
      }
      if isAdmitted != isNew { mistakes += 1 }
      if isNew { expected[text, default: []].append(time) }
    }

    private mutating func admit(
      _ text: UnsafeRawPointer,
      _ byteCount: Int,
      at time: Int64,
      known: ClosedRange<Int64>
    ) -> Bool {
      let patterns = cells.blocks.patterns
      let identity = Identity(text, byteCount, at: time, known: known, hash, patterns)
      guard case .place(let place) = index.find(identity, in: buckets) else { return false }
      let bucket = buckets.bucket(of: time)
      let cell = cells.addCell(of: identity, index.kind, in: bucket)
      index.put(cell, identity.key, at: place, in: bucket)
      return true
    }

    var cellCount: Int { expected.values.reduce(0) { $0 + $1.count } }

    /// Lets every bucket go whose last moment is before this time.
    mutating func evict(before time: Int64) {
      let first = buckets.number(of: time)
      guard let earliest = buckets.entries.first, earliest.number < first else { return }
      index.expire(before: first, buckets)
      let count = buckets.place(of: first)
      let former = cellCount
      for entry in buckets.entries.prefix(count) {
        var list = entry.bucket.pointee.cells
        cells.free(&list)
      }
      buckets.removeEarliest(count)
      expected = expected.mapValues { times in times.filter { $0 >> 4 >= first } }
      expected = expected.filter { !$0.value.isEmpty }
      index.countOut(former - cellCount)
      index.trim(buckets)
    }
  }

  /// Ids that are new, resent and resent under another time, from just before what leaves to far
  /// ahead; under hashes that are good, and such that collide in masses.
  @Test(arguments: [UInt64.max, 0xFFFF_FFFF_0000_0003, 0x1F00_0000_0000_0001, 0])
  func `an index knows the ids that are in state and no others`(idMask: UInt64) {
    var random = SplitMix64(seed: 5)
    let rounds = idMask == 0 ? 2_000 : 40_000
    var pair = Pair(idMask: idMask)
    var now: Int64 = 1_000_000
    var texts: [String] = []
    for round in 0..<rounds {
      let distance = Int64(random.next() % 600)
      let isFar = random.next() % 500 == 0
      let time = now + 300 - distance + (isFar ? Int64(random.next() % 1_000_000) : 0)
      if random.next() % 4 != 0 || texts.isEmpty { texts.append("id-\(round)") }
      let recent = texts.suffix(400)
      let text = recent[recent.endIndex - 1 - Int(random.next() % UInt64(recent.count))]
      // What is older than the state is not asked for: see `FirstClick.dedupeStart`.
      guard time >= now - 300 else { continue }
      let isRebuild = random.next() % 4 == 0
      pair.admit(text, at: time, known: isRebuild ? time...time : now - 300...Int64.max)
      now += Int64(random.next() % 3)
      if random.next() % 50 == 0 { pair.evict(before: now - 300) }
      if random.next() % 5_000 == 0 {
        now += 100_000
        pair.evict(before: now - 300)
      }
    }
    #expect(pair.mistakes == 0)
    #expect(pair.index.count == pair.cellCount)
  }
}
