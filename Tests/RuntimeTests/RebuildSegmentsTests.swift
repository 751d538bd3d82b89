import Connect
import Dataflow
import Runtime
import TestSupport
import Testing

@Suite struct RebuildSegmentsTests {
  /// Segments that start at 0, 1, 2 and so on, with these greatest times.
  private func segments(_ greatest: [Int64]) -> RebuildSegments {
    var segments = RebuildSegments()
    for (index, time) in greatest.enumerated() {
      segments.append(start: SourcePosition("\(index)"), greatest: EventTime(microseconds: time))
    }
    return segments
  }

  @Test(
    arguments: [
      (0, "0"), (10, "0"), (11, "1"), (19, "1"), (25, "1"), (26, "3"), (31, "3"), (32, nil),
    ] as [(Int64, String?)]
  )
  func `a rebuild starts at the first segment that is not wholly older`(
    horizon: Int64,
    start: String?
  ) {
    var segments = segments([10, 25, 19, 31])
    let position = segments.rebuildPosition(horizon: EventTime(microseconds: horizon))
    #expect(position?.token == start)
  }

  @Test func `there is nothing to rebuild from before the first record`() {
    var segments = RebuildSegments()
    #expect(segments.rebuildPosition(horizon: .beginning) == nil)
  }

  @Test func `a run without records is dropped when it leads`() {
    var segments = RebuildSegments()
    segments.append(start: SourcePosition("0"), greatest: .beginning)
    segments.append(start: SourcePosition("1"), greatest: EventTime(microseconds: 5))
    #expect(segments.rebuildPosition(horizon: EventTime(microseconds: 1))?.token == "1")
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `many segments cost no more memory, and a rebuild never starts too late`(seed: UInt64) throws
  {
    var random = SplitMix64(seed: seed)
    var segments = RebuildSegments()
    var plain: [Int64] = []
    for index in 0..<20_000 {
      let time = Int64(index) + Int64.random(in: -500...500, using: &random)
      plain.append(time)
      segments.append(start: SourcePosition("\(index)"), greatest: EventTime(microseconds: time))
      #expect(segments.count <= RebuildSegments.capacity)
      guard index >= 1000, index % 100 == 0 else { continue }
      let horizon = Int64(max(0, index - 6000))
      let token = segments.rebuildPosition(horizon: EventTime(microseconds: horizon))?.token
      let start = try #require(Int(token ?? ""))
      let needed = try #require(plain.firstIndex { $0 >= horizon })
      #expect(start <= needed)
      #expect(start > needed - 1200)
    }
  }
}
