@testable import Attribution
import TestSupport
import Testing

@Suite struct BucketsTests {
  /// Numbers of the buckets, by place.
  private static func numbers(_ buckets: borrowing Buckets) -> [Int64] {
    buckets.entries.map(\.number)
  }

  @Test func `a bucket is made once for each time span and found by its place`() {
    var buckets = Buckets(bits: 4)
    let first = buckets.bucket(6)
    let second = buckets.bucket(1)
    #expect(buckets.bucket(6) == first)
    #expect(buckets.bucket(1) == second)
    #expect(Self.numbers(buckets) == [1, 6])
    #expect(buckets.entries.first?.bucket == second)
    #expect([0, 1, 2, 6, 7].map { buckets.place(of: $0) } == [0, 0, 1, 1, 2])
  }

  @Test func `a bucket that is used again knows nothing of its former time`() {
    var buckets = Buckets(bits: 4)
    var arena = ChunkArena()
    let former = buckets.bucket(1)
    former.pointee.clicks.append(Waiting(offset: 3, cell: 7, user: 1), &arena)
    former.pointee.clicks.free(&arena)
    buckets.removeEarliest(1)
    #expect(buckets.entries.first == nil)
    let next = buckets.bucket(2)
    #expect(next == former)
    #expect(next.pointee.number == 2)
    #expect(next.pointee.start == 32)
    #expect(next.pointee.clicks.count == 0)
    #expect(buckets.bucket(1) != next)
  }

  @Test func `buckets come and go in any order`() {
    var buckets = Buckets(bits: 8)
    var random = SplitMix64(seed: 21)
    var expected: Set<Int64> = []
    var earliest: Int64 = 0
    for _ in 0..<20_000 {
      let number = earliest + Int64.random(in: 0..<3_000, using: &random)
      let bucket = buckets.bucket(number)
      #expect(bucket.pointee.number == number)
      expected.insert(number)
      guard Int.random(in: 0..<4, using: &random) == 0 else { continue }
      earliest = number - Int64.random(in: 0..<3_000, using: &random)
      let gone = buckets.place(of: earliest)
      buckets.removeEarliest(gone)
      #expect(gone == expected.count { $0 < earliest })
      expected = expected.filter { $0 >= earliest }
      earliest = max(earliest, 0)
    }
    #expect(Self.numbers(buckets) == expected.sorted())
  }
}
