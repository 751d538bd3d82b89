import Attribution
import Dataflow
import TestSupport
import Testing

/// Holds the operator for ended input to the rule, which the fused operator is held to as well.
@Suite struct BoundedEqualsRuleTests {
  private struct Entry: Timestamped {
    let time: EventTime
    let index: Int
  }

  private func expectRule(_ clicks: [Event], _ checkouts: [Event], window: Int64) -> Bool {
    var rule = AttributionRule()
    rule.window = EventSpan(microseconds: window)
    var naive = NaiveFirstClick(rule)
    for click in clicks { _ = naive.click(click, isLate: false) }
    let clicks = clicks.sorted {
      $0.time != $1.time ? $0.time < $1.time : $0.id.utf8.lexicographicallyPrecedes($1.id.utf8)
    }
    let checkouts = checkouts.sorted { $0.time < $1.time }
    var clickEntries = clicks.enumerated().map {
      Entry(time: EventTime(microseconds: $1.time), index: $0)
    }
    var checkoutEntries = checkouts.enumerated().map {
      Entry(time: EventTime(microseconds: $1.time), index: $0)
    }
    var found: [NaiveFirstClick.Result] = []
    clickEntries.withUnsafeMutableBufferPointer { clickEntries in
      checkoutEntries.withUnsafeMutableBufferPointer { checkoutEntries in
        BoundedFirstClick(rule: rule).process(clicks: clickEntries, checkouts: checkoutEntries) {
          #expect($0.index == found.count)
          found.append(.init(first: $1.map { clicks[$0.index] }, count: $2))
        }
      }
    }
    return found == checkouts.map { naive.result(of: $0) }
  }

  @Test func `every placing of three clicks and two checkouts gives the rule's answers`() {
    let times: ClosedRange<Int64> = 0...5
    for a in times {
      for b in times {
        for c in times {
          for k in times {
            let clicks = [("b", a), ("a", b), ("ab", c)].map { Event(id: $0, user: "u", time: $1) }
            let checkouts = [("k", k), ("l", 4)].map { Event(id: $0, user: "u", time: $1) }
            for window in [0, 2, 9] as [Int64] {
              #expect(expectRule(clicks, checkouts, window: window), "\(a) \(b) \(c) \(k)")
            }
          }
        }
      }
    }
  }

  @Test func `a window that begins before all time takes every earlier click`() {
    let clicks = [Event(id: "a", user: "u", time: .min), Event(id: "b", user: "u", time: 0)]
    let checkouts = [Event(id: "k", user: "u", time: .min + 5), Event(id: "l", user: "u", time: 7)]
    #expect(expectRule(clicks, checkouts, window: 10))
  }
}
