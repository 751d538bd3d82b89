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

  private func events(
    after floor: EventTime = .beginning,
    within memory: RecentMemory = RecentMemory(byteCount: 1 << 20)
  ) -> RecentEvents {
    var rule = AttributionRule()
    rule.lateHorizon = .hours(4)
    return RecentEvents(rule: rule, after: floor, within: memory)
  }

  private func add(_ id: String, at minutes: Int64, to recent: RecentEvents) {
    recent.add([messages.click(id, user: "u", at: minutes * minute)])
  }

  /// Late clicks of these ids, all at one time, judged.
  private func late(_ ids: [String], at minutes: Int64, _ recent: RecentEvents) -> [LateEvent] {
    var late = LateEvents(.clicks)
    for id in ids {
      late.append(
        messages.click(id, user: "v", at: minutes * minute),
        .lateUnchecked,
        at: time(minutes + 1),
        isDropped: false,
        to: recent,
        ingestedAt: time(0)
      )
    }
    recent.judge(&late)
    return late.events
  }

  /// Whether a late click of this id is a resend.
  private func holds(_ id: String, _ recent: RecentEvents) -> Bool {
    late([id], at: -1000, recent).contains(where: \.isResend)
  }

  @Test func `an id is found whatever its time and user, of one click of many`() {
    let recent = events()
    for number in 0..<1000 { add("c\(number)", at: Int64(number % 300), to: recent) }
    let ids = (0..<1200).map { "c\($0)" }
    #expect(late(ids, at: 7, recent).map(\.isResend) == (0..<1200).map { $0 < 1000 })
  }

  @Test func `of late events with one id the first is none's resend, nor what comes on time later`()
  {
    let recent = events()
    #expect(
      late(["a", "b", "a", "b", "a"], at: 7, recent).map(\.isResend)
        == [false, false, true, true, true]
    )
    var before = LateEvents(.clicks)
    before.append(
      messages.click("c", user: "u", at: 8 * minute),
      .lateUnchecked,
      at: time(9),
      isDropped: false,
      to: recent,
      ingestedAt: time(0)
    )
    add("c", at: 10, to: recent)
    recent.judge(&before)
    #expect(!before.events[0].isResend)
    #expect(holds("c", recent))
    // However often it is asked.
    recent.judge(&before)
    #expect(!before.events[0].isResend)
  }

  @Test func `nothing at or before the floor is taken`() {
    let recent = events(after: time(60))
    add("c1", at: 60, to: recent)
    add("c2", at: 61, to: recent)
    #expect(!holds("c1", recent))
    #expect(holds("c2", recent))
    #expect(late(["c3"], at: 60, recent).map(\.isKnown) == [false])
    #expect(late(["c4"], at: 61, recent).map(\.isKnown) == [true])
  }

  @Test func `slices older than late horizon and window are let go`() {
    let recent = events()
    add("c1", at: 59, to: recent)
    add("c2", at: 60, to: recent)
    recent.noteLate(at: time(359))
    recent.letGo(at: time(359))
    #expect(recent.floor == .beginning)
    add("c3", at: 400, to: recent)
    recent.letGo(at: time(360))
    #expect(recent.floor == EventTime(microseconds: 60 * minute - 1))
    #expect(!holds("c1", recent))
    #expect(holds("c2", recent))
  }

  @Test func `the oldest slices are let go beyond the limit of memory`() {
    let recent = events(within: RecentMemory(byteCount: 300 << 10))
    recent.noteLate(at: time(0))
    for hour in 0..<5 {
      add("c\(hour)", at: Int64(hour) * 60, to: recent)
      recent.letGo(at: time(1))
    }
    #expect(recent.floor > time(0))
    #expect(!holds("c0", recent))
    #expect(holds("c4", recent))
  }

  @Test func `tasks share the memory as long as they are there`() {
    let memory = RecentMemory(byteCount: 600 << 10)
    #expect(memory.share == 600 << 10)
    let recent = events(within: memory)
    var others = (0..<2).map { _ in events(within: memory) }
    #expect(memory.share == 200 << 10)
    others.removeLast()
    #expect(memory.share == 300 << 10)
    recent.noteLate(at: time(0))
    for hour in 0..<5 {
      add("c\(hour)", at: Int64(hour) * 60, to: recent)
      recent.letGo(at: time(1))
    }
    #expect(!holds("c0", recent))
    #expect(holds("c4", recent))
    others.removeLast()
    #expect(memory.share == 600 << 10)
  }

  @Test func `a task without late events forgets all, until one comes`() {
    let recent = events()
    add("c1", at: 10, to: recent)
    recent.letGo(at: time(5))
    add("c2", at: 61, to: recent)
    recent.letGo(at: time(66))
    #expect(recent.floor == .endOfInput)
    add("c3", at: 70, to: recent)

    recent.noteLate(at: time(70))
    #expect(recent.floor == time(70))
    add("c4", at: 70, to: recent)
    add("c5", at: 71, to: recent)
    #expect(["c1", "c2", "c3", "c4"].allSatisfy { !holds($0, recent) })
    #expect(holds("c5", recent))
  }

  @Test func `what late events know ends where the floor has risen to since they were read`() {
    let recent = events(within: RecentMemory(byteCount: 300 << 10))
    recent.noteLate(at: time(0))
    var events = LateEvents(.clicks)
    for minutes in [1, 299] {
      events.append(
        messages.click("c\(minutes)", user: "u", at: Int64(minutes) * minute),
        .lateUnchecked,
        at: time(0),
        isDropped: false,
        to: recent,
        ingestedAt: time(0)
      )
    }
    recent.judge(&events)
    #expect(events.events.map(\.isKnown) == [true, true])
    for hour in 0..<5 {
      add("d\(hour)", at: Int64(hour) * 60, to: recent)
      recent.letGo(at: time(1))
    }
    recent.judge(&events)
    #expect(events.events.map(\.isKnown) == [false, true])
  }

  @Test func `events of users are found in the order of the rule, up to the epoch asked for`() {
    let recent = events()
    let clicks = [("b", 10), ("a", 10), ("c", 5), ("d", 90)].map {
      messages.click($0.0, user: "u", at: $0.1 * minute)
    }
    recent.add(clicks[...])
    _ = recent.addLate(
      messages.click("f", user: "u", at: 6 * minute),
      at: time(90),
      isDropped: true
    )
    recent.add([messages.click("g", user: "v", at: 7 * minute)])
    recent.add([messages.click("h", user: "w", at: 8 * minute)])
    let order = recent.order
    recent.add([messages.click("e", user: "u", at: 4 * minute)])

    var users = KeySet()
    for user in ["w", "u", "x"] {
      let click = messages.click("", user: user, at: 0)
      _ = users.insert(click.userID.fingerprint(of: click.message))
    }
    let gathering = RecentGathering(
      of: users,
      in: [time(0)...time(8), time(-50)...time(71), nil],
      through: order,
      among: recent
    ) { $0.clicks }
    func ids(of user: Int, _ first: Int64, _ last: Int64) -> String {
      gathering.places(of: user, in: time(first)...time(last)).map { place in
        String(
          decoding: gathering.slice(at: place).events.id(of: gathering.entry(at: place)),
          as: UTF8.self
        )
      }.joined(separator: " ")
    }
    #expect(ids(of: 0, 0, 8) == "h")
    #expect(ids(of: 1, -50, 71) == "c a b")
    #expect(ids(of: 1, 5, 9) == "c")
    #expect(ids(of: 1, 6, 10) == "a b")
    #expect(ids(of: 1, 11, 90) == "")
    #expect(ids(of: 2, 0, 90) == "")
  }

  @Test func `a set knows its keys, and no other that shares their bits`() {
    var set = KeySet()
    let keys = (0..<200).map { HashKey($0) << 20 | 5 }
    #expect(keys.map { set.insert($0) } == Array(0..<200))
    #expect(keys.map { set.insert($0) } == Array(0..<200))
    #expect(keys.map { set.place(of: $0) } == Array(0..<200))
    #expect(set.place(of: 5 | 1 << 40) == nil)
    #expect(set.place(of: 6) == nil)
  }
}
