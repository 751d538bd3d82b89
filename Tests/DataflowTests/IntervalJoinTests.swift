import Dataflow
import TestSupport
import Testing

@Suite struct IntervalJoinTests {
  typealias Arrival = Timeline.Arrival
  typealias Join = IntervalJoin<Arrival, Arrival, String>

  private func join(
    before: Int64 = 10,
    after: Int64 = 0,
    _ kind: Join.Kind = .rightOuter
  ) -> Join {
    IntervalJoin(
      left: { $0.key },
      right: { $0.key },
      before: .seconds(before),
      after: .seconds(after),
      kind
    )
  }

  private func input(_ arrival: Arrival) -> Join.Input {
    arrival.stream == "click" ? .left(arrival) : .right(arrival)
  }

  private func describe(_ row: Join.Output) -> String {
    "\(row.left?.id ?? "nil") \(row.right.id)"
  }

  private func play(_ timeline: Timeline, through join: consuming Join) -> [String] {
    DataflowTests.play(timeline, through: join, describe, input: input)
  }

  @Test func `the timeline of the type's comment`() {
    let rows = play(
      """
      t=20 checkout u x | t=12 click u a | t=10 click u b | t=9 click u c | t=19 checkout u y |
      t=35 checkout u z | wm=20 | t=18 click u d | wm=36
      """,
      through: join()
    )
    #expect(
      rows == [
        "t=12 click u a: a x", "t=10 click u b: b x", "t=19 checkout u y: c y, b y, a y",
        "t=18 click u d: late", "wm=36: nil z",
      ]
    )
  }

  @Test func `both ends of the interval count and a microsecond beyond does not`() {
    let rows = play(
      """
      t=20 checkout u x | t=10 click u a | t=9.999999 click u b | t=23 click u c |
      t=23.000001 click u d
      """,
      through: join(before: 10, after: 3)
    )
    #expect(rows == ["t=10 click u a: a x", "t=23 click u c: c x"])
  }

  @Test func `an unjoined right record comes out when no left one can come on time`() {
    let rows = play(
      "t=20 checkout u x | wm=20 | wm=23 | wm=23.000001",
      through: join(before: 10, after: 3)
    )
    #expect(rows == ["wm=23.000001: nil x"])
  }

  @Test func `an inner join forgets the unjoined right record`() {
    let rows = play(
      "t=20 checkout u x | t=20 click v a | wm=end",
      through: join(.inner)
    )
    #expect(rows == [])
  }

  @Test func `a left record at the edge of the state still joins`() {
    let rows = play(
      """
      t=10 click u a | wm=20 | t=20 checkout u x | wm=20.000001 | t=20.000001 checkout u y | wm=end
      """,
      through: join()
    )
    #expect(rows == ["t=20 checkout u x: a x", "wm=end: nil y"])
  }

  @Test func `a late checkout is returned and not joined`() {
    let rows = play("t=10 click u a | wm=15 | t=14 checkout u x | wm=end", through: join())
    #expect(rows == ["t=14 checkout u x: late"])
  }

  @Test func `the state holds what can still join and no more`() {
    var join = join(before: 10, after: 3)
    var rows: [Join.Output] = []
    var late: [Join.Input] = []
    let times = (0..<100).map { EventTime(microseconds: Int64($0) * 1_000_000) }
    join.process(
      times.flatMap { time in
        [
          .left(Arrival(time: time, stream: "click", key: "u")),
          .right(Arrival(time: time, stream: "checkout", key: "v")),
        ]
      },
      into: &rows,
      late: &late
    )
    join.advance(to: times[50], into: &rows)
    #expect(join.leftCount == 60)
    #expect(join.snapshot().lefts.map(\.time) == Array(times[40...]))
    #expect(join.snapshot().rights.map(\.right.time) == Array(times[47...]))
    join.advance(to: .endOfInput, into: &rows)
    #expect(join.snapshot().lefts.isEmpty)
    #expect(join.snapshot().rights.isEmpty)
  }

  // MARK: The laws

  private func specimen(
    before: Int64,
    after: Int64,
    _ kind: Join.Kind
  ) -> Specimen<Join> {
    Specimen(
      make: { self.join(before: before, after: after, kind) },
      time: \.time,
      describe: describe,
      model: { inputs in
        let lefts = inputs.compactMap { if case .left(let left) = $0 { left } else { nil } }
        let rights = inputs.compactMap { if case .right(let right) = $0 { right } else { nil } }
        return rights.flatMap { right in
          let earliest = right.time.microseconds - before * 1_000_000
          let latest = right.time.microseconds + after * 1_000_000
          let joined = lefts.filter {
            $0.key == right.key && $0.time.microseconds >= earliest
              && $0.time.microseconds <= latest
          }
          if joined.isEmpty, kind == .rightOuter { return ["nil \(right.id)"] }
          return joined.map { "\($0.id) \(right.id)" }
        }
      }
    )
  }

  @Test(arguments: [(3, 0), (2, 2), (0, 3), (4, -2), (-2, 4)] as [(Int64, Int64)])
  func `the laws hold in every small world`(before: Int64, after: Int64) {
    let letters: Timeline = """
      t=0 click u a | t=3 click u b | t=7 click v c | t=2 checkout u x | t=3 checkout u y |
      t=5 checkout v z
      """
    for kind in [Join.Kind.inner, .rightOuter] {
      specimen(before: before, after: after, kind)
        .expectLawsInSmallWorlds(of: letters.arrivals.map(input), upTo: after == 0 ? 4 : 3)
    }
  }

  @Test(arguments: [(10, 0), (3, 2), (0, 0), (-1, 4), (6, -3)] as [(Int64, Int64)])
  func `the laws hold in random worlds`(before: Int64, after: Int64) {
    for kind in [Join.Kind.inner, .rightOuter] {
      specimen(before: before, after: after, kind).expectLawsInRandomWorlds(count: 40) {
        randomArrivals(40, streams: ["click", "click", "checkout"], using: &$0).map(input)
      }
    }
  }
}
