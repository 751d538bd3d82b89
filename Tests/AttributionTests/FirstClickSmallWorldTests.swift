@testable import Attribution
import Dataflow
import TestSupport
import Testing

@Suite struct FirstClickSmallWorlds {
  /// Ties, both edges of the window of 4 us, duplicates (a letter twice), and every watermark.
  private static let letters: [Step] = [
    .click(Event(id: "b", user: "u", time: 0, payload: 1), isLate: false),
    .click(Event(id: "a", user: "u", time: 0, payload: 2), isLate: false),
    .click(Event(id: "ab", user: "u", time: 1, payload: 3), isLate: false),
    .click(Event(id: "c", user: "u", time: 4, payload: 4), isLate: false),
    .click(Event(id: "d", user: "v", time: 3, payload: 5), isLate: false),
    .checkout(Event(id: "k", user: "u", time: 4, payload: 6), isLate: false),
    .checkout(Event(id: "l", user: "u", time: 5, payload: 7), isLate: false),
    .checkout(Event(id: "m", user: "u", time: 0, payload: 8), isLate: false),
    .advance(1), .advance(5), .advance(9), .advance(10),
  ]

  /// Sets `isLate` as a driver would, and drains after every step and at the end.
  static func course(_ word: [Step]) -> [Step] {
    var watermark = Int64.min
    var steps: [Step] = []
    for letter in word {
      switch letter {
      case .click(let event, _): steps.append(.click(event, isLate: event.time < watermark))
      case .checkout(let event, _): steps.append(.checkout(event, isLate: event.time < watermark))
      case .advance(let time):
        steps.append(letter)
        watermark = max(watermark, time)
      case .drain, .rebuild: steps.append(letter)
      }
      steps.append(.drain)
    }
    return steps + [.advance(.max), .drain]
  }

  static func rule(
    _ emission: AttributionRule.Emission,
    _ policy: AttributionRule.LatePolicy,
    window: Int64
  ) -> AttributionRule {
    var rule = AttributionRule()
    rule.window = EventSpan(microseconds: window)
    rule.emission = emission
    rule.latePolicy = policy
    return rule
  }

  @Test(arguments: [0, 2, 24])
  func `every course of up to four steps gives the rule's answers`(bucketBits: Int) {
    let rules = [
      Self.rule(.early, .restate, window: 4), Self.rule(.early, .drop, window: 4),
      Self.rule(.final, .restate, window: 4),
    ]
    for word in words(of: Self.letters, upTo: 4) {
      for rule in rules {
        var trial = Trial(rule, bucketBits: bucketBits)
        trial.run(Self.course(word))
        if let failure = trial.failures.first {
          Issue.record("\(failure) in \(word) with \(rule)")
          return
        }
      }
    }
  }

  @Test func `every order of arrival of six events gives the rule's answers`() {
    let events = Array(Self.letters[0..<4] + Self.letters[5...6])
    for order in permutations(of: events) {
      for place in 0...order.count {
        var word = order
        word.insert(.advance(3), at: place)
        var trial = Trial(Self.rule(.early, .restate, window: 4))
        trial.run(Self.course(word))
        if let failure = trial.failures.first {
          Issue.record("\(failure) in \(word)")
          return
        }
      }
    }
  }
}
