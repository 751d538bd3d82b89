import Dataflow
import TestSupport
import Testing

@Suite struct SessionWindowTests {
  typealias Session = SessionWindow<Members, String>

  private func session() -> Session { SessionWindow(gap: .seconds(5), by: { $0.key }) }

  private func describe(_ row: Session.Output) -> String {
    "\(row.key) \(row.first.notation)...\(row.last.notation): \(row.figure.description)"
  }

  @Test func `the timeline of the type's comment`() {
    let rows = play(
      """
      t=10 visit a 1 | t=20 visit a 2 | t=15 visit a 3 | wm=20 | t=18 visit a 4 | t=20 visit a 5 |
      wm=25 | wm=26
      """,
      through: session(),
      describe,
      input: \.self
    )
    #expect(rows == ["t=18 visit a 4: late", "wm=26: a 10...20: 1+2+3+5"])
  }

  @Test func `a pause of the gap joins and one a microsecond longer parts`() {
    let rows = play(
      "t=1 visit a 1 | t=6 visit a 2 | t=11.000001 visit a 3 | wm=end",
      through: session(),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=end: a 1...6: 1+2, a 11.000001...11.000001: 3"])
  }

  @Test func `a session is final once no record on time can extend it`() {
    let rows = play(
      "t=1 visit a 1 | t=3 visit a 2 | wm=6.5 | wm=8 | t=8 visit a 3 | wm=13 | wm=13.000001",
      through: session(),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=13.000001: a 1...8: 1+2+3"])
  }

  @Test func `the sessions of one key do not touch another's`() {
    let rows = play(
      "t=1 visit a 1 | t=2 visit b 2 | t=3 visit a 3 | wm=end",
      through: session(),
      describe,
      input: \.self
    )
    #expect(rows == ["wm=end: b 2...2: 2, a 1...3: 1+3"])
  }

  // MARK: The laws

  private var specimen: Specimen<Session> {
    Specimen(
      make: session,
      time: \.time,
      describe: describe,
      model: { records in
        Dictionary(grouping: records, by: \.key).flatMap { key, records in
          var sessions: [[Timeline.Arrival]] = []
          for record in records.sorted(by: { $0.time < $1.time }) {
            if let last = sessions.last?.last, record.time <= last.time + .seconds(5) {
              sessions[sessions.count - 1].append(record)
            } else {
              sessions.append([record])
            }
          }
          return sessions.map { session in
            let ids = session.map(\.id).sorted().joined(separator: "+")
            return
              "\(key) \(session[0].time.notation)...\(session.last?.time.notation ?? ""): \(ids)"
          }
        }
      }
    )
  }

  @Test func `the laws hold in every small world`() {
    let letters: Timeline = """
      t=0 visit a 1 | t=5 visit a 2 | t=4 visit a 3 | t=10 visit a 4 | t=10.000001 visit a 5 |
      t=7 visit b 6
      """
    specimen.expectLawsInSmallWorlds(of: letters.arrivals, upTo: 4)
  }

  @Test func `the laws hold in random worlds`() {
    specimen.expectLawsInRandomWorlds { randomArrivals(40, using: &$0) }
  }
}
