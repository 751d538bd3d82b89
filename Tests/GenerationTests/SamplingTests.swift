import Dataflow
import Testing

@testable import Generation

@Suite struct SamplingTests {
  private static func random(_ seed: UInt64) -> RandomNumbers {
    RandomNumbers(seed: seed, stream: .journeys)
  }

  @Test(arguments: [0, 0.001, 1.0 / 6, 0.5, 0.7, 0.999, 1])
  func `a share is exact to one pick`(value: Double) {
    var share = Share(value, random: Self.random(3))
    var picks = 0
    for call in 1...10_000 {
      if share.next() { picks += 1 }
      #expect(abs(Double(picks) - value * Double(call)) <= 1.0001)
    }
  }

  @Test func `an alias table draws by weight`() {
    let weights = [1.0, 0, 5, 2, 0.5, 1.5]
    let table = AliasTable(weights: weights)
    var random = Self.random(1)
    var counts = weights.map { _ in 0.0 }
    for _ in 0..<100_000 { counts[table.draw(&random)] += 1 }
    for (count, weight) in zip(counts, weights) {
      #expect(abs(count / 100_000 - weight / 10) < 0.006)
    }
  }

  @Test func `users and products are drawn by Zipf's law`() {
    var random = Self.random(1)
    let table = AliasTable(zipf: 1_000, exponent: 1, random: &random)
    var counts = Array(repeating: 0, count: 1_000)
    for _ in 0..<1_000_000 { counts[table.draw(&random)] += 1 }
    counts.sort(by: >)
    // The sum of 1/r over 1,000 ranks is 7.4855.
    for rank in [1, 2, 10] {
      #expect(abs(Double(counts[rank - 1]) * 7.4855 * Double(rank) / 1_000_000 - 1) < 0.05)
    }
  }

  @Test func `arrivals come out by bucket, and all of them`() {
    var random = Self.random(4)
    var arrivals = Arrivals(
      start: EventTime(microseconds: -5_000),
      widestBucket: EventSpan(microseconds: 8)
    )
    var out: [Event] = []
    for step in 0..<2_000 as Range<Int64> {
      let time = -5_000 + 37 * step
      // Some far beyond the ring of 1,024 buckets.
      let arrival = time + Int64(random.below(step % 10 == 0 ? 100_000 : 3_000))
      let event = Event(
        time: EventTime(microseconds: arrival),
        serial: UInt64(step),
        session: 0,
        user: 0,
        stream: .clicks
      )
      arrivals.insert(event, at: event.time)
      let before = out.count
      arrivals.release(by: EventTime(microseconds: time), into: &out)
      #expect(out[before...].allSatisfy { $0.time.microseconds < time })
    }
    arrivals.releaseAll(into: &out)
    #expect(Set(out.map(\.serial)).count == 2_000)
    let buckets = out.map { $0.time.microseconds >> 3 }
    #expect(buckets == buckets.sorted())
  }

  @Test func `identifiers of one run are all different`() {
    #expect(Set((0..<100_000 as Range<UInt64>).map { RandomNumbers.mix(77 + $0) }).count == 100_000)
  }
}
