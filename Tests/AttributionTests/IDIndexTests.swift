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

    init(idMask: UInt64, bucketCount: Int) {
      hash = KeyedHash(idMask: idMask)
      index = IDIndex(of: CheckoutID.flag, cells.blocks, hash, bucketCount: bucketCount)
    }

    /// Admits an id as the engine does, and notes where that differs from the dictionary.
    mutating func admit(_ text: String, at time: Int64, known: KnownTimes) {
      let isNew = expected[text, default: []].allSatisfy { !known.include($0, for: time) }
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
      known: KnownTimes
    ) -> Bool {
      let patterns = cells.blocks.patterns
      let number = buckets.number(of: time)
      if index.needsRoom(for: number) { index.makeRoom(for: number, buckets) }
      return withUnsafePointer(to: Identity(text, byteCount, at: time, hash, patterns)) {
        identity in
        let look = index.look(for: identity.pointee.key)
        if look.isPerhapsKnown, index.search(for: identity, known, in: buckets) != 0 {
          return false
        }
        let bucket = buckets.bucket(number)
        let cell = cells.addCell(of: identity, index.kind, in: bucket)
        index.put(cell, identity.pointee.key, at: look.place, in: bucket)
        return true
      }
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
  @Test(
    arguments: [UInt64.max, 0xFFFF_FFFF_0000_0003, 0x1F00_0000_0000_0001, 0],
    [1, 5_000]
  )
  func `an index knows the ids that are in state and no others`(idMask: UInt64, bucketCount: Int) {
    expectEqualToDictionary(
      idMask: idMask,
      bucketCount: bucketCount,
      rounds: idMask == 0 ? 2_000 : 20_000,
      pace: 3,
      farShare: 500
    )
  }

  /// Some 25,000 buckets one after another, six times as many as there are epochs.
  @Test(arguments: [UInt64.max, 0x1F00_0000_0000_0001], [1, 5_000])
  func `an index outlives its epochs`(idMask: UInt64, bucketCount: Int) {
    expectEqualToDictionary(
      idMask: idMask,
      bucketCount: bucketCount,
      rounds: 40_000,
      pace: 20,
      farShare: nil
    )
  }

  /// What has no epoch is looked up in a dictionary, which would grow to all that is in state.
  @Test(arguments: [3_000, 10_000])
  func `a window of any number of buckets has epochs`(bucketCount: Int) {
    var pair = Pair(idMask: .max, bucketCount: bucketCount)
    let known = KnownTimes(start: .min, isSameOnly: false)
    let width = Int64(16)
    for number in 0..<Int64(2 * bucketCount) {
      let time = number * width
      pair.admit("id-\(number)", at: time, known: known)
      guard number.isMultiple(of: 100) else { continue }
      pair.evict(before: time - Int64(bucketCount) * width)
    }
    // A few that find their lines full may be there, as chance and the keys will have it.
    #expect(pair.index.others.count < bucketCount / 100)
    #expect(pair.mistakes == 0)
  }

  /// Time moves on by less than `pace` a round; one id in `farShare` is far ahead.
  private func expectEqualToDictionary(
    idMask: UInt64,
    bucketCount: Int,
    rounds: Int,
    pace: UInt64,
    farShare: UInt64?
  ) {
    var random = SplitMix64(seed: 5)
    var pair = Pair(idMask: idMask, bucketCount: bucketCount)
    var now: Int64 = 1_000_000
    var texts: [String] = []
    for round in 0..<rounds {
      let distance = Int64(random.next() % 600)
      let isFar = farShare.map { random.next() % $0 == 0 } ?? false
      let time = now + 300 - distance + (isFar ? Int64(random.next() % 1_000_000) : 0)
      if random.next() % 4 != 0 || texts.isEmpty { texts.append("id-\(round)") }
      let recent = texts.suffix(400)
      let text = recent[recent.endIndex - 1 - Int(random.next() % UInt64(recent.count))]
      // What is older than the state is not asked for: see `KnownTimes.start`.
      guard time >= now - 300 else { continue }
      let isRebuild = random.next() % 4 == 0
      let known = KnownTimes(start: isRebuild ? .min : now - 300, isSameOnly: isRebuild)
      pair.admit(text, at: time, known: known)
      now += Int64(random.next() % pace)
      if random.next() % 50 == 0 { pair.evict(before: now - 300) }
      if farShare != nil && random.next() % 5_000 == 0 {
        now += 100_000
        pair.evict(before: now - 300)
      }
    }
    #expect(pair.mistakes == 0)
    #expect(pair.index.count == pair.cellCount)
  }
}
