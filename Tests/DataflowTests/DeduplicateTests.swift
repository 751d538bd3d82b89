import Dataflow
import TestSupport
import Testing

@Suite struct DeduplicateTests {
  typealias Arrival = Timeline.Arrival
  typealias Distinct = Deduplicate<Arrival, String>

  private func distinct(retention: Int64 = 5) -> Distinct {
    Deduplicate(by: { $0.key }, retention: .seconds(retention))
  }

  @Test func `the timeline of the type's comment`() {
    let rows = play(
      """
      t=10 event a | t=8 event b | t=10 event a | wm=12 | t=10 event a | wm=14 | t=8 event b |
      t=8 event b | t=13 event c | t=13 event c
      """,
      through: distinct(),
      \.key,
      input: \.self
    )
    #expect(
      rows == [
        "t=10 event a: a", "t=8 event b: b", "t=8 event b: late", "t=8 event b: late",
        "t=13 event c: late",
      ]
    )
  }

  @Test func `a duplicate is counted and the first in arrival wins`() {
    var distinct = distinct()
    let arrivals: Timeline = "t=1 event a 1 | t=2 event b 2 | t=1 event a 3 | t=1 event a 4"
    var output: [Arrival] = []
    var late: [Arrival] = []
    distinct.process(arrivals.arrivals, into: &output, late: &late)
    #expect(output.map(\.id) == ["1", "2"])
    #expect(distinct.duplicateCount == 2)
    #expect(late == [])
  }

  @Test func `a key is remembered to the end of its retention`() {
    let rows = play(
      "t=10 event a | wm=15 | t=15 event a | wm=15.000001 | t=16 event a",
      through: distinct(),
      \.id,
      input: \.self
    )
    #expect(rows == ["t=10 event a: ", "t=16 event a: "])
  }

  @Test func `the state holds the keys within retention and the counts survive a snapshot`() {
    var distinct = distinct()
    var output: [Arrival] = []
    var late: [Arrival] = []
    let arrivals: Timeline = "t=1 event a | t=1 event a | t=5 event b | t=9 event c"
    distinct.process(arrivals.arrivals, into: &output, late: &late)
    distinct.advance(to: EventTime(notation: "10"), into: &output)
    var successor = self.distinct()
    successor.restore(distinct.snapshot())
    #expect(successor.snapshot().keys.map(\.key) == ["b", "c"])
    #expect(successor.duplicateCount == 1)
  }

  // MARK: The laws

  private func specimen(retention: Int64) -> Specimen<Distinct> {
    Specimen(
      make: { self.distinct(retention: retention) },
      time: \.time,
      describe: { $0.key },
      model: { Set($0.map(\.key)).sorted() }
    )
  }

  @Test(arguments: [0, 3, 60] as [Int64])
  func `the laws hold in every small world without late records`(retention: Int64) {
    let letters: Timeline = "t=0 event a | t=2 event b | t=4 event c | t=7 event d"
    let specimen = specimen(retention: retention)
    for word in words(of: letters.arrivals, upTo: 5) where specimen.split(word).late.isEmpty {
      specimen.expectLaws(word, batchings: batchings(of: word), "small world")
    }
  }

  /// Late copies are told apart by what is still remembered.
  @Test(arguments: [0, 3, 60] as [Int64])
  func `every record is emitted, a duplicate or late, as the rule says`(retention: Int64) {
    for seed in 0..<200 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      let originals = randomArrivals(30, using: &generator)
      let arrivals = (0..<60).map { _ in
        var copy = originals[Int.random(in: 0..<originals.count, using: &generator)]
        copy.key = copy.id
        return copy
      }
      var distinct = distinct(retention: retention)
      var actual: [Outcome] = []
      var expected: [Outcome] = []
      var seen: [String: EventTime] = [:]
      var watermark = EventTime.beginning
      for arrival in arrivals {
        let isRemembered = seen[arrival.key].map { $0 + .seconds(retention) >= watermark } ?? false
        expected.append(
          isRemembered ? .duplicate : arrival.time < watermark ? .late : .emitted
        )
        if !isRemembered { seen[arrival.key] = arrival.time }
        watermark = max(watermark, arrival.time - .seconds(5))

        var output: [Arrival] = []
        var late: [Arrival] = []
        distinct.process([arrival], into: &output, late: &late)
        distinct.advance(to: watermark, into: &output)
        actual.append(output == [arrival] ? .emitted : late == [arrival] ? .late : .duplicate)
      }
      #expect(actual == expected, "seed \(seed)")
      #expect(distinct.duplicateCount == expected.count { $0 == .duplicate }, "seed \(seed)")
    }
  }

  private enum Outcome { case emitted, duplicate, late }
}
