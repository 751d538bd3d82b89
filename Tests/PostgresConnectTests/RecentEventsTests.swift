import Attribution
import Connect
import Dataflow
import Events
import Testing

@testable import PostgresConnect

/// What is remembered of stored events, and for how long.
@Suite struct RecentEventsTests {
  private let messages = Messages()
  private let minute: Int64 = 60_000_000

  private func time(_ minutes: Int64) -> EventTime { EventTime(microseconds: minutes * minute) }

  private func events(after floor: EventTime = .beginning, byteLimit: Int = 1 << 20) -> RecentEvents
  {
    var rule = AttributionRule()
    rule.lateHorizon = .hours(4)
    return RecentEvents(rule: rule, after: floor, byteLimit: byteLimit)
  }

  private func add(_ id: String, at minutes: Int64, to recent: RecentEvents) -> Bool {
    let click = messages.click(id, user: "u", at: minutes * minute)
    return recent.add(click, epoch: 1, isDropped: false) != nil
  }

  private func holds(_ id: String, _ recent: RecentEvents) -> Bool {
    Array(id.utf8).withUnsafeBytes { recent.holdsClick($0) }
  }

  @Test func `an id is found whatever its time, of one click of many`() {
    let recent = events()
    for number in 0..<1000 { #expect(add("c\(number)", at: Int64(number % 300), to: recent)) }
    #expect((0..<1000).allSatisfy { holds("c\($0)", recent) })
    #expect(!holds("c1000", recent))
    #expect(add("c1000", at: 7, to: recent))
    #expect(holds("c1000", recent))
  }

  @Test func `nothing at or before the floor is taken`() {
    let recent = events(after: time(60))
    #expect(!add("c1", at: 60, to: recent))
    #expect(!holds("c1", recent))
    #expect(add("c2", at: 61, to: recent))
  }

  @Test func `slices older than late horizon and window are let go`() {
    let recent = events()
    #expect(add("c1", at: 59, to: recent))
    #expect(add("c2", at: 60, to: recent))
    recent.noteLate(at: time(359))
    recent.letGo(at: time(359))
    #expect(recent.floor == .beginning)
    #expect(add("c3", at: 400, to: recent))
    recent.letGo(at: time(360))
    #expect(recent.floor == EventTime(microseconds: 60 * minute - 1))
    #expect(!holds("c1", recent))
    #expect(holds("c2", recent))
  }

  @Test func `the oldest slices are let go beyond the limit of memory`() {
    let recent = events(byteLimit: 300 << 10)
    recent.noteLate(at: time(0))
    for hour in 0..<5 {
      #expect(add("c\(hour)", at: Int64(hour) * 60, to: recent))
      recent.letGo(at: time(1))
    }
    #expect(recent.floor > time(0))
    #expect(!holds("c0", recent))
    #expect(holds("c4", recent))
  }

  @Test func `a task without late events forgets all, until one comes`() {
    let recent = events()
    #expect(add("c1", at: 10, to: recent))
    recent.letGo(at: time(5))
    #expect(add("c2", at: 61, to: recent))
    recent.letGo(at: time(66))
    #expect(recent.floor == .endOfInput)
    #expect(!holds("c1", recent))
    #expect(!add("c3", at: 70, to: recent))

    recent.noteLate(at: time(70))
    #expect(recent.floor == time(70))
    #expect(!add("c4", at: 70, to: recent))
    #expect(add("c5", at: 71, to: recent))
  }

  @Test func `candidates are in the order of the rule, and of the epochs asked for`() {
    let recent = events()
    let clicks = [("b", 10), ("a", 10), ("c", 5), ("d", 90)].map {
      messages.click($0.0, user: "u", at: $0.1 * minute, product: "p-\($0.0)")
    }
    for click in clicks { recent.add(click, epoch: 1, isDropped: false) }
    recent.add(messages.click("e", user: "u", at: 4 * minute), epoch: 2, isDropped: false)
    recent.add(messages.click("f", user: "u", at: 6 * minute), epoch: 1, isDropped: true)
    recent.add(messages.click("g", user: "v", at: 7 * minute), epoch: 1, isDropped: false)
    let checkouts = [("k1", 10), ("k2", 65), ("k3", 66), ("k4", 71)].compactMap {
      recent.add(
        messages.checkout($0.0, user: "u", at: $0.1 * minute),
        epoch: 1,
        isDropped: false
      )
    }
    let user = Array("u".utf8)
    let answers = user.withUnsafeBytes { id in
      let candidates = recent.candidates(in: time(-50)...time(71), of: RecentUser(id), through: 1)
      return checkouts.map { candidates.answer(to: $0, window: .hours(1)) }
    }
    #expect(answers.map { String(decoding: $0.clickID, as: UTF8.self) } == ["c", "c", "a", ""])
    #expect(answers.map(\.clicksInWindow) == [3, 3, 2, 0])
    #expect(
      String(decoding: answers[2].productFields.dropFirst(4).prefix(3), as: UTF8.self) == "p-a"
    )
  }
}
