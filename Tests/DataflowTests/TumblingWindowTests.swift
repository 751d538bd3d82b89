import Dataflow
import TestSupport
import Testing

/// Counts records and keeps their ids.
struct Members: Aggregate {
  private(set) var ids: [String] = []
  var description: String { ids.sorted().joined(separator: "+") }

  mutating func add(_ record: Timeline.Arrival) { ids.append(record.id) }
  mutating func merge(_ other: Members) { ids += other.ids }
}

@Suite struct TumblingWindowTests {
  typealias Window = TumblingWindow<Members, String>

  private func window() -> Window { TumblingWindow(size: .seconds(10), by: { $0.key }) }

  private func describe(_ row: Window.Output) -> String {
    "\(row.key) \(row.start.notation): \(row.figure.description)"
  }

  @Test func `the timeline of the type's comment`() {
    let rows = play(
      """
      t=9 visit a 1 | t=3 visit a 2 | t=10 visit b 3 | t=19 visit a 4 | wm=9 | t=9 visit a 5 |
      t=8 visit a 6 | wm=10 | wm=30
      """,
      through: window(),
      describe,
      input: \.self
    )
    #expect(
      rows == ["t=8 visit a 6: late", "wm=10: a 0: 1+2+5", "wm=30: b 10: 3, a 10: 4"]
    )
  }

  @Test func `a window is final when the watermark reaches its end`() {
    let rows = play(
      "t=9.999999 visit a 1 | wm=9.999999 | wm=10",
      through: window(),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=10: a 0: 1"])
  }

  @Test func `windows before the epoch start below their records`() {
    let rows = play(
      "t=-0.000001 visit a 1 | t=-10 visit a 2 | t=-10.000001 visit a 3 | t=0 visit a 4 | wm=end",
      through: window(),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=end: a -20: 3, a -10: 1+2, a 0: 4"])
  }

  // MARK: The laws

  private var specimen: Specimen<Window> {
    Specimen(
      make: window,
      time: \.time,
      describe: describe,
      model: { records in
        Dictionary(grouping: records) { record in
          let seconds = Double(record.time.microseconds) / 1e6
          return "\(record.key) \(Int((seconds / 10).rounded(.down)) * 10)"
        }
        .map { "\($0): \($1.map(\.id).sorted().joined(separator: "+"))" }
      }
    )
  }

  @Test func `the laws hold in every small world`() {
    let letters: Timeline =
      "t=0 visit a 1 | t=9.999999 visit a 2 | t=10 visit a 3 | t=4 visit b 4 | t=-3 visit b 5"
    specimen.expectLawsInSmallWorlds(of: letters.arrivals, upTo: 4)
  }

  @Test func `the laws hold in random worlds`() {
    specimen.expectLawsInRandomWorlds { randomArrivals(60, using: &$0) }
  }
}
