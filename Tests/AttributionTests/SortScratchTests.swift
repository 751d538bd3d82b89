@testable import Attribution
import Dataflow
import TestSupport
import Testing

@Suite struct SortScratchTests {
  /// Offsets spread evenly, crowded together, alike but for the last bit, and all the same.
  @Test(arguments: [0xFF_FFFF, 0xFF_0007, 1, 0] as [UInt64])
  func `keys come out in the order of their upper halves`(mask: UInt64) {
    var random = SplitMix64(seed: mask)
    var scratch = SortScratch()
    for count in [0, 1, 2, 31, 32, 33, 500, 9000] {
      var keys = (0..<count).map { _ in (random.next() & mask) << 32 | random.next() >> 32 }
      let sorted = keys.sorted()
      keys.withUnsafeMutableBufferPointer { scratch.sort($0) }
      #expect(keys.map { $0 >> 32 } == sorted.map { $0 >> 32 })
      #expect(keys.sorted() == sorted)
    }
  }
}
