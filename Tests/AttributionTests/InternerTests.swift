@testable import Attribution
import Events
import TestSupport
import Testing

@Suite struct InternerTests {
  /// An interner beside a dictionary of what it must still hold: by text, its run and last bucket.
  private struct Pair: ~Copyable {
    var cells = ChunkArena()
    var interner = Interner()
    let hash = KeyedHash()
    var expected: [String: (run: UInt32, lastBucket: Int64)] = [:]
    var mistakes = 0

    mutating func intern(_ text: String, bucket: Int64) {
      var text = text
      let run = text.withUTF8 { utf8 in
        withUnsafeTemporaryAllocation(byteCount: utf8.count + 64, alignment: 8) { memory in
          memory.copyBytes(from: utf8)
          guard let message = memory.baseAddress else { return UInt32(0) }
          let fields = RunFields(
            message: message,
            first: ByteSlice(offset: 0, length: Int32(utf8.count)),
            second: .absent,
            third: RunFields.none
          )
          return interner.intern(fields, fields.key(hash), bucket: bucket, &cells)
        }
      }
      if let known = expected[text] {
        if known.run != run { mistakes += 1 }
        expected[text] = (run, max(known.lastBucket, bucket))
      } else {
        if expected.values.contains(where: { $0.run == run }) { mistakes += 1 }
        expected[text] = (run, bucket)
      }
    }

    /// Every run that is still needed has its fields.
    mutating func check(from bucket: Int64) {
      expected = expected.filter { $0.value.lastBucket >= bucket }
      for (text, known) in expected {
        let kept = fields(interner.bytes(known.run))
        if kept.count != 2 || kept[0] != Array(text.utf8) { mistakes += 1 }
      }
    }
  }

  @Test(arguments: 0..<20)
  func `a run stays as long as a click has it, however little is swept`(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var pair = Pair()
    let sweptAtOnce = Int.random(in: 1...40, using: &random)
    let texts = Int.random(in: 10...400, using: &random)
    for bucket in 0..<60 as Range<Int64> {
      for _ in 0..<Int.random(in: 0...60, using: &random) {
        let ahead = Int64.random(in: 0...5, using: &random)
        pair.intern("text \(Int.random(in: 0..<texts, using: &random))", bucket: bucket + ahead)
      }
      // What is expected no more may have gone: it is new when it comes again.
      pair.check(from: bucket)
      pair.interner.sweep(sweptAtOnce, before: bucket, &pair.cells)
    }
    #expect(pair.mistakes == 0, "seed \(seed)")
  }

  @Test func `a whole sweep leaves what is needed, and the memory for it`() {
    var pair = Pair()
    for number in 0..<10_000 { pair.intern("text \(number)", bucket: number % 100 == 0 ? 2 : 1) }
    #expect(pair.interner.count == 10_000)
    let full = pair.interner.allocatedBytes
    pair.interner.sweep(.max, before: 2, &pair.cells)
    #expect(pair.interner.count == 100)
    pair.check(from: 2)
    #expect(pair.expected.count == 100)
    #expect(pair.mistakes == 0)
    #expect(pair.interner.allocatedBytes < full / 2)
    pair.interner.sweep(.max, before: 3, &pair.cells)
    #expect(pair.interner.count == 0)
  }
}
