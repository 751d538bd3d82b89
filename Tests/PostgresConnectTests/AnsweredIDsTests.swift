import Attribution
import Connect
import Events
import TestSupport
import Testing

@testable import PostgresConnect

/// Which pending checkouts have a row, as a run asks that writes final ones only.
@Suite struct AnsweredIDsTests {
  private let messages = Messages()
  private let address: PostgresAddress
  private static let noon: Int64 = 1_763_726_400_000_000

  init() throws { address = try TemporaryCluster.database() }

  private func task(_ number: Int = 0) throws -> any TaskSink {
    let sink = try PostgresSink(address, fault: nil)
      .makeTask(number, source: "file:/log", rule: AttributionRule())
    _ = try sink.open()
    return sink
  }

  private func answer(_ id: String, of user: String = "u", at time: Int64 = noon) -> Answer {
    messages.answer(
      .new,
      to: messages.checkout(id, user: user, at: time),
      by: nil,
      clicksInWindow: 0
    )
  }

  @Test func `they are those that are answered under their own time`() throws {
    let stored = ["plain", #"it's "quoted" \ {,}"#, "ünïcode"]
    let sink = try task()
    let epoch = sink.makeEpoch()
    epoch.append(stored.map { answer($0) } + [answer("moved"), answer("namesake")])
    _ = try sink.commit(epoch, progress: TaskProgress())

    let asked =
      stored.map { answer($0) }
      + [answer("waits"), answer("moved", at: Self.noon + 1), answer("namesake", of: "v")]
    let next = try task()
    for _ in 0..<2 {
      let found = try next.answeredIDs(among: asked.map(\.checkoutFields))
      #expect(found == Set(stored.map { Array($0.utf8) }))
    }
    #expect(try next.answeredIDs(among: []) == [])
  }

  @Test func `a lost connection is transient and asking again answers`() throws {
    let sink = try task()
    let asked = [answer("waits").checkoutFields]
    try PostgresConnection(address).execute(
      """
      SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()
      """
    )
    let error = #expect(throws: ConnectorError.self) { try sink.answeredIDs(among: asked) }
    #expect(error?.kind == .transient)
    #expect(try sink.answeredIDs(among: asked) == [])
  }
}
