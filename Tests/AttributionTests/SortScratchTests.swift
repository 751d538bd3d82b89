@testable import Attribution
import Dataflow
import TestSupport
import Testing

@Suite struct SortScratchTests {
  /// Offsets spread evenly, crowded together, alike but for the last bit, and all the same.
  @Test(arguments: [0xFF_FFFF, 0xFF_0007, 1, 0] as [UInt64])
  func `records come out by offset, and as they came where it is the same`(mask: UInt64) {
    var random = SplitMix64(seed: mask)
    var scratch = SortScratch()
    for count in [0, 1, 2, 31, 32, 33, 500, 9000] {
      var records = (0..<UInt32(count)).map { number in
        Waiting(offset: UInt32(random.next() & mask), cell: number, user: ~number)
      }
      let expected = records.sorted { ($0.offset, $0.cell) < ($1.offset, $1.cell) }
      records.withUnsafeMutableBufferPointer { scratch.sort($0) }
      #expect(records.map(\.offset) == expected.map(\.offset))
      #expect(records.map(\.cell) == expected.map(\.cell))
      #expect(records.allSatisfy { $0.user == ~$0.cell })
    }
  }
}
