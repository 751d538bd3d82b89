@testable import Attribution
import Dataflow
import Events
import TestSupport
import Testing

/// Holds the fused operator to the composed one, which is the rule.
@Suite struct ComposedEqualsFusedTests {
  @Test(arguments: [AttributionRule.Emission.final, .early])
  func `without late events' doing, fused and composed give the same rows`(
    emission: AttributionRule.Emission
  ) {
    for seed in 0..<200 as Range<UInt64> {
      let world = RandomWorld(seed: seed)
      var rule = world.rule
      rule.emission = emission
      rule.latePolicy = .drop
      var comparison = Comparison(rule, bucketBits: Int(seed % 6))
      comparison.run(world.steps)
      if let difference = comparison.differences.first {
        Issue.record("\(difference) (seed \(seed))")
        return
      }
    }
  }

  /// Late clicks count for what is still pending: the rule over everything read until a checkout
  /// became final.
  @Test(arguments: [AttributionRule.Emission.final, .early])
  func `restating late clicks, fused gives what composed gives over the whole log`(
    emission: AttributionRule.Emission
  ) {
    for seed in 0..<100 as Range<UInt64> {
      // Resends keep their time, as a batch over the whole log forgets no id.
      let world = RandomWorld(seed: seed, rebuilds: true)
      var rule = world.rule
      rule.emission = emission
      rule.latePolicy = .restate
      var comparison = Comparison(rule, bucketBits: Int(seed % 6))
      comparison.run(world.steps)
      if let difference = comparison.differences.first {
        Issue.record("\(difference) (seed \(seed))")
        return
      }
    }
  }

  @Test func `the timeline of the composed operator's comment`() {
    let steps: [Step] = [
      .click(Event(id: "a", user: "u", time: 10), isLate: false),
      .checkout(Event(id: "k", user: "u", time: 12), isLate: false),
      .click(Event(id: "b", user: "u", time: 11), isLate: false),
      .click(Event(id: "a", user: "u", time: 10), isLate: false),
      .advance(12), .drain, .advance(13), .drain,
    ]
    var rule = AttributionRule()
    rule.window = EventSpan(microseconds: 60)
    rule.emission = .final
    var comparison = Comparison(rule, bucketBits: 2)
    comparison.run(steps)
    #expect(comparison.differences == [])
    #expect(comparison.stored == ["k@12": .init(firstClick: "a", clicksInWindow: 2)])
  }
}

/// Runs both operators over one course of events and notes where they differ.
private struct Comparison: ~Copyable {
  struct Row: Hashable {
    var firstClick: String?
    var clicksInWindow: Int
  }

  private let rule: AttributionRule
  private var fused: FirstClick
  private var composed: ComposedFirstClick
  private var watermark = EventTime.beginning
  /// What the fused operator took in, late clicks included; the log that a restatement goes over.
  private var log: [ComposedFirstClick.Input] = []
  /// What is final, by checkout, from the composed operator.
  private var expected: [String: Row] = [:]
  /// What the fused operator has handed over last, by checkout.
  private(set) var stored: [String: Row] = [:]
  private(set) var differences: [String] = []

  init(_ rule: AttributionRule, bucketBits: Int) {
    self.rule = rule
    fused = FirstClick(rule: rule, bucketBits: bucketBits)
    composed = ComposedFirstClick(window: rule.window)
  }

  mutating func run(_ steps: [Step]) {
    for step in steps {
      switch step {
      case .click(let event, _):
        take(.left(reduced(event)), event) { fused, messages, verdicts in
          var batch = ClickBatch()
          batch.records = [messages.click(event)]
          fused.process(batch, verdicts: &verdicts)
        }
      case .checkout(let event, _):
        take(.right(reduced(event)), event) { fused, messages, verdicts in
          var batch = CheckoutBatch()
          batch.records = [messages.checkout(event)]
          fused.process(batch, verdicts: &verdicts)
        }
      case .advance(let time): advance(to: EventTime(microseconds: time))
      case .drain: drain()
      case .rebuild: continue
      }
    }
  }

  private func reduced(_ event: Event) -> ComposedFirstClick.Event {
    ComposedFirstClick.Event(
      eventID: Array(event.id.utf8),
      userID: Array(event.user.utf8),
      time: EventTime(microseconds: event.time)
    )
  }

  private mutating func take(
    _ input: ComposedFirstClick.Input,
    _ event: Event,
    _ processFused: (inout FirstClick, Messages, inout [Verdict]) -> Void
  ) {
    var answers: [ComposedFirstClick.Output] = []
    var late: [ComposedFirstClick.Input] = []
    composed.process([input], into: &answers, late: &late)
    if !answers.isEmpty { differences.append("composed answers before the watermark") }

    var verdicts: [Verdict] = [input.time < watermark ? .late : .onTime]
    processFused(&fused, Messages(), &verdicts)
    switch verdicts[0] {
    case .onTime: log.append(input)
    case .late:
      if case .left = input { log.append(input) }
      if late.isEmpty { differences.append("\(event) is late for the fused operator only") }
    case .lateUnchecked, .expired: break
    case .duplicate, .resent:
      if !late.isEmpty { differences.append("\(event) is a duplicate for the fused one only") }
    }
  }

  private mutating func advance(to watermark: Watermark) {
    guard watermark > self.watermark else { return }
    self.watermark = watermark
    fused.advance(to: watermark)
    var answers: [ComposedFirstClick.Output] = []
    composed.advance(to: watermark, into: &answers)
    if rule.latePolicy == .restate { answers = restated(answers) }
    for answer in answers {
      let checkout = answer.checkout
      expected[Self.key(checkout.eventID, checkout.time)] = Row(
        firstClick: answer.firstClick.map { String(decoding: $0.eventID, as: UTF8.self) },
        clicksInWindow: answer.clicksInWindow
      )
    }
  }

  /// The answers of the same checkouts, from a batch over the log as it is now.
  private func restated(_ answers: [ComposedFirstClick.Output]) -> [ComposedFirstClick.Output] {
    let checkouts = Set(answers.map(\.checkout))
    var batch = ComposedFirstClick(window: rule.window)
    var rows: [ComposedFirstClick.Output] = []
    var late: [ComposedFirstClick.Input] = []
    batch.process(log, into: &rows, late: &late)
    batch.advance(to: .endOfInput, into: &rows)
    return rows.filter { checkouts.contains($0.checkout) }
  }

  private mutating func drain() {
    var answers: [Answer] = []
    fused.drainAnswers(into: &answers)
    for answer in answers {
      let id = fields(answer.checkoutFields).first ?? []
      let key = Self.key(id ?? [], answer.checkoutTime)
      if answer.isFinal, expected[key] == nil { differences.append("\(key) is not final yet") }
      stored[key] = Row(
        firstClick: answer.isAttributed ? String(decoding: answer.clickID, as: UTF8.self) : nil,
        clicksInWindow: Int(answer.clicksInWindow)
      )
    }
    for (key, row) in expected where stored[key] != row {
      differences.append("\(key) is \(stored[key].map { "\($0)" } ?? "missing") instead of \(row)")
    }
  }

  private static func key(_ id: [UInt8], _ time: EventTime) -> String {
    "\(String(decoding: id, as: UTF8.self))@\(time.microseconds)"
  }
}
