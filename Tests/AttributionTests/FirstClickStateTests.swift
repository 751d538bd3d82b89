@testable import Attribution
import Dataflow
import Events
import TestSupport
import Testing

@Suite struct FirstClickState {
  private static func rule(_ emission: AttributionRule.Emission = .early) -> AttributionRule {
    var rule = AttributionRule()
    rule.emission = emission
    return rule
  }

  /// One click a second of event time and a checkout every tenth, with an advance every minute.
  private static func pass(
    _ engine: inout FirstClick,
    seconds: Range<Int>,
    users: Int,
    payload: (Int) -> Int
  ) {
    var answers: [Answer] = []
    for minute in seconds.lowerBound / 60..<seconds.upperBound / 60 {
      let messages = Messages()
      var clicks = ClickBatch()
      var checkouts = CheckoutBatch()
      for second in minute * 60..<minute * 60 + 60 {
        let time = Int64(second) * 1_000_000
        clicks.records.append(
          messages.click(
            Event(
              id: "click-\(second)",
              user: "user-\(second % users)",
              time: time,
              payload: payload(second)
            )
          )
        )
        guard second % 10 == 0 else { continue }
        checkouts.records.append(
          messages.checkout(
            Event(id: "order-\(second)", user: "user-\(second % users)", time: time)
          )
        )
      }
      var verdicts = clicks.records.map { _ in Verdict.onTime }
      engine.process(clicks, verdicts: &verdicts)
      verdicts = checkouts.records.map { _ in Verdict.onTime }
      engine.process(checkouts, verdicts: &verdicts)
      engine.advance(to: EventTime(microseconds: Int64(minute * 60 - 300) * 1_000_000))
      answers.removeAll()
      engine.drainAnswers(into: &answers)
    }
  }

  @Test(arguments: [AttributionRule.Emission.early, .final])
  func `memory stays flat over event time`(emission: AttributionRule.Emission) {
    var engine = FirstClick(rule: Self.rule(emission))
    Self.pass(&engine, seconds: 0..<9_000, users: 500) { $0 }
    let early = engine.statistics
    Self.pass(&engine, seconds: 9_000..<36_000, users: 500) { $0 }
    let late = engine.statistics
    #expect(late.bufferedClicks < early.bufferedClicks + 20)
    #expect(late.pendingCheckouts == early.pendingCheckouts)
    #expect(late.allocatedBytes < early.allocatedBytes * 11 / 10)
    #expect(early.bufferedClicks < 3600 + 300 + 120)
  }

  @Test func `payloads leave with their clicks`() {
    var engine = FirstClick(rule: Self.rule())
    Self.pass(&engine, seconds: 0..<6_000, users: 100) { $0 }
    #expect(engine.products.count > 0 && engine.products.count <= engine.statistics.bufferedClicks)
    engine.advance(to: .endOfInput)
    var answers: [Answer] = []
    engine.drainAnswers(into: &answers)
    engine.drainAnswers(into: &answers)
    #expect(engine.products.count == 0)
    #expect(engine.origins.count == 0)
    #expect(engine.statistics.bufferedClicks == 0)
    #expect(engine.statistics.pendingCheckouts == 0)
    #expect(engine.statistics.users == 0)
  }

  @Test func `events years ahead cost no more than others`() {
    var engine = FirstClick(rule: Self.rule())
    let messages = Messages()
    var clicks = ClickBatch()
    for year in Int64(1)...500 {
      for sign in [Int64(-1), 1] {
        clicks.records.append(
          messages.click(
            Event(
              id: "\(year * sign)",
              user: "u",
              time: sign * year * 31_557_600_000_000
            )
          )
        )
      }
    }
    for time in [Int64.min, .min + 1, .max - 1, .max] {
      clicks.records.append(messages.click(Event(id: "\(time)", user: "u", time: time)))
    }
    var verdicts = clicks.records.map { _ in Verdict.onTime }
    engine.process(clicks, verdicts: &verdicts)
    #expect(engine.statistics.allocatedBytes < 4_000_000)
    engine.advance(to: EventTime(microseconds: 0))
    #expect(engine.statistics.bufferedClicks == 502)
    engine.advance(to: .endOfInput)
    #expect(engine.statistics.bufferedClicks == 0)
  }

  @Test func `a user with most of the clicks and checkouts is answered as the rule says`() {
    for emission in [AttributionRule.Emission.early, .final] {
      var rule = Self.rule(emission)
      rule.window = EventSpan(microseconds: 600)
      var random = SplitMix64(seed: 7)
      var steps: [Step] = []
      for index in 0..<1500 {
        let user = index % 9 == 0 ? "other" : "bot"
        let time = Int64(index) - Int64(random.next() % 40) - (index % 50 == 0 ? 100 : 0)
        let isLate = time < Int64(index) - 60
        let event = Event(id: "e\(index)", user: user, time: time, payload: index)
        steps.append(
          index % 3 == 0
            ? .checkout(event, isLate: isLate) : .click(event, isLate: isLate)
        )
        if index % 25 == 0 { steps += [.advance(Int64(index) - 60), .drain] }
      }
      steps += [.advance(.max), .drain]
      var trial = Trial(rule, bucketBits: 3, batchSize: 50)
      trial.run(steps)
      #expect(trial.failures.first == nil)
    }
  }
}
