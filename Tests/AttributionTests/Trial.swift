@testable import Attribution
import Dataflow
import Events
import Testing

/// Runs a script through the operator and the reference model side by side, and collects every
/// difference in words.
struct Trial: ~Copyable {
  private(set) var rule: AttributionRule
  let bucketBits: Int
  let batchSize: Int
  private let hash: KeyedHash
  private(set) var failures: [String] = []
  /// Everything that was handed over, in order, sorted within a drain: equal for any batching.
  private(set) var transcript: [String] = []
  private var verdicts: [Verdict] = []

  private var engine: FirstClick
  private var model: NaiveFirstClick
  /// What the sink holds; count nil when a rebuild has lost it.
  private var stored: [String: (first: Event?, count: Int?)] = [:]
  /// Pending when a rebuild with early rows ended: handed over as revisions, stored or not.
  private var rebuilt: Set<String> = []
  private var read: [Step] = []
  private var checkouts: [String: Event] = [:]
  private var clickBatch: [(Event, Bool)] = []
  private var checkoutBatch: [(Event, Bool)] = []

  init(
    _ rule: AttributionRule,
    bucketBits: Int = 2,
    batchSize: Int = 1,
    hash: KeyedHash = KeyedHash()
  ) {
    self.rule = rule
    self.bucketBits = bucketBits
    self.batchSize = batchSize
    self.hash = hash
    engine = FirstClick(rule: rule, bucketBits: bucketBits, hash: hash)
    model = NaiveFirstClick(rule)
  }

  var statistics: FirstClick.Statistics { engine.statistics }

  mutating func run(_ steps: [Step]) {
    for step in steps { take(step) }
    flush()
  }

  private mutating func take(_ step: Step) {
    switch step {
    case .click(let event, let isLate):
      if !checkoutBatch.isEmpty || clickBatch.count == batchSize { flush() }
      clickBatch.append((event, isLate))
      read.append(step)
    case .checkout(let event, let isLate):
      if !clickBatch.isEmpty || checkoutBatch.count == batchSize { flush() }
      checkoutBatch.append((event, isLate))
      read.append(step)
    case .advance(let time):
      flush()
      engine.advance(to: EventTime(microseconds: time))
      model.advance(to: time)
      if engine.stateHorizon.microseconds != model.horizon {
        failures.append("horizon \(engine.stateHorizon) instead of \(model.horizon)")
      }
    case .drain:
      flush()
      drain()
    case .rebuild(let emission):
      flush()
      drain()
      rebuild(emission)
    }
  }

  // MARK: Arrivals

  private mutating func flush() {
    let messages = Messages()
    if !clickBatch.isEmpty {
      var batch = ClickBatch()
      batch.records = clickBatch.map { messages.click($0.0) }
      var settled = clickBatch.map { $0.1 ? Verdict.late : .onTime }
      engine.process(batch, verdicts: &settled)
      let expected = clickBatch.map { model.click($0.0, isLate: $0.1) }
      check(settled, expected, clickBatch.map { $0.0 })
      clickBatch = []
    }
    if !checkoutBatch.isEmpty {
      var batch = CheckoutBatch()
      batch.records = checkoutBatch.map { messages.checkout($0.0) }
      var settled = checkoutBatch.map { $0.1 ? Verdict.late : .onTime }
      engine.process(batch, verdicts: &settled)
      for (index, (event, isLate)) in checkoutBatch.enumerated() {
        let expected = model.checkout(event, isLate: isLate)
        check([settled[index]], [expected], [event])
        if expected == .onTime {
          checkouts[event.key] = event
        }
      }
      checkoutBatch = []
    }
  }

  private mutating func check(_ settled: [Verdict], _ expected: [Verdict], _ events: [Event]) {
    verdicts += settled
    for index in events.indices where settled[index] != expected[index] {
      failures.append("\(events[index]) is \(settled[index]) instead of \(expected[index])")
    }
  }

  // MARK: Answers

  private mutating func drain() {
    var answers: [Answer] = []
    engine.drainAnswers(into: &answers)
    var lines: [String] = []
    var handed: Set<String> = []
    for answer in answers {
      let line = check(answer, &handed)
      lines.append(line)
    }
    transcript += lines.sorted() + ["-"]
    checkLaw()
    answers.removeAll()
    engine.drainAnswers(into: &answers)
    if !answers.isEmpty { failures.append("\(answers.count) answers are handed over again") }
  }

  private mutating func check(_ answer: Answer, _ handed: inout Set<String>) -> String {
    let columns = fields(answer.checkoutFields)
    let name = columns.first.flatMap { $0.map { String(decoding: $0, as: UTF8.self) } } ?? "?"
    let id = "\(name)@\(answer.checkoutTime.microseconds)"
    guard let checkout = checkouts[id] else {
      failures.append("an answer for \(id), which was not read")
      return id
    }
    if !handed.insert(id).inserted { failures.append("two answers for \(id) in one drain") }
    let isPending = model.pending.contains { $0.key == id }
    let expected = isPending ? model.result(of: checkout) : model.settled[id]
    guard let expected else { return id }
    if answer.isFinal == isPending { failures.append("\(id): isFinal is \(answer.isFinal)") }
    if isPending && rule.emission == .final && stored[id] == nil {
      failures.append("\(id) is answered early")
    }
    if let row = stored[id] {
      if answer.kind != .revision { failures.append("\(id) is new again") }
      let isSameCount = row.count == Int(answer.clicksInWindow)
      if row.first == expected.first && row.count != nil && (isPending || isSameCount) {
        failures.append("\(id) is handed over unchanged")
      }
    } else if (answer.kind == .new) == rebuilt.contains(id) {
      failures.append("\(id) is \(answer.kind) at first")
    }
    check(answer, columns, of: checkout, expected)
    if !isPending && Int(answer.clicksInWindow) != expected.count {
      failures.append("\(id): \(answer.clicksInWindow) clicks instead of \(expected.count)")
    }
    stored[id] = (expected.first, Int(answer.clicksInWindow))
    return "\(id) \(answer.kind) \(answer.isFinal) \(expected.first?.id ?? "-") "
      + "\(isPending ? 0 : answer.clicksInWindow)"
  }

  private mutating func check(
    _ answer: Answer,
    _ columns: [[UInt8]?],
    of checkout: Event,
    _ expected: NaiveFirstClick.Result
  ) {
    let id = checkout.id
    if columns.count != 4 || columns[1] != Array(checkout.user.utf8) {
      failures.append("\(id): checkout fields \(columns)")
    }
    if answer.checkoutTime.microseconds != checkout.time { failures.append("\(id): wrong time") }
    guard let first = expected.first else {
      if answer.isAttributed { failures.append("\(id) is attributed") }
      return
    }
    guard answer.isAttributed else {
      failures.append("\(id) is not attributed to \(first)")
      return
    }
    let click = String(decoding: answer.clickID, as: UTF8.self)
    if click != first.id || answer.clickTime.microseconds != first.time {
      failures.append("\(id): click \(click) instead of \(first)")
    }
    let product = [first.product, first.productName, first.category].map {
      $0.map { Array($0.utf8) }
    }
    let origin = [first.referrer, first.device].map { $0.map { Array($0.utf8) } }
    if fields(answer.productFields) != product || fields(answer.originFields) != origin {
      failures.append("\(id): payload \(fields(answer.productFields)) instead of \(first)")
    }
  }

  /// What is stored is the rule over everything read so far.
  private mutating func checkLaw() {
    for (id, expected) in model.settled {
      guard let row = stored[id] else {
        failures.append("\(id) is final and not handed over")
        continue
      }
      if row.first != expected.first || (row.count != nil && row.count != expected.count) {
        failures.append("final \(id) is stored as \(row) instead of \(expected)")
      }
    }
    for checkout in model.pending where rule.emission == .early || stored[checkout.key] != nil {
      let expected = model.result(of: checkout)
      guard let row = stored[checkout.key] else {
        failures.append("\(checkout.id) is pending and not handed over")
        continue
      }
      if row.first != expected.first {
        failures.append("pending \(checkout.id) is stored as \(row) instead of \(expected)")
      }
    }
  }

  // MARK: Rebuild

  /// A new operator re-reads the log, as the driver does: dropped late events keep their verdict, and
  /// what was resent under another time is known as a duplicate.
  private mutating func rebuild(_ emission: AttributionRule.Emission) {
    let formerEmission = rule.emission
    rule.emission = emission
    engine = FirstClick(rule: rule, bucketBits: bucketBits, hash: hash)
    engine.beginRebuild(watermark: EventTime(microseconds: model.watermark))
    let messages = Messages()
    for (step, former) in zip(read, verdicts) {
      switch step {
      case .click(let event, let isLate):
        var batch = ClickBatch()
        batch.records = [messages.click(event)]
        let isDropped = isLate && rule.latePolicy == .drop
        var settled: [Verdict] = [former == .resent ? .duplicate : isDropped ? .late : .onTime]
        engine.process(batch, verdicts: &settled)
      case .checkout(let event, _):
        var batch = CheckoutBatch()
        batch.records = [messages.checkout(event)]
        var settled: [Verdict] = [former == .resent ? .duplicate : .onTime]
        engine.process(batch, verdicts: &settled)
      case .advance, .drain, .rebuild: break
      }
    }
    engine.finishRebuild()
    for checkout in model.pending {
      if let row = stored[checkout.key] { stored[checkout.key] = (row.first, nil) }
    }
    switch emission {
    case .early:
      rebuilt.formUnion(model.pending.map(\.key))
      guard formerEmission == .final else { break }
      let unanswered = model.pending.filter { stored[$0.key] == nil }
      rebuilt.subtract(unanswered.map(\.key))
      engine.handOverPending(exceptStored: Set(answeredIDs))
    case .final:
      rebuilt.subtract(model.pending.map(\.key))
      reviseStored()
    }
  }

  /// Of the pending checkouts that have a row.
  private var answeredIDs: [[UInt8]] {
    model.pending.filter { stored[$0.key] != nil }.map { Array($0.id.utf8) }
  }

  /// As the driver does when only final rows are written from now on.
  private mutating func reviseStored() {
    let answered = answeredIDs
    let asked = engine.pendingFields.compactMap { fields($0).first ?? nil }
    if Set(asked) != Set(model.pending.map { Array($0.id.utf8) }) {
      failures.append("\(asked.count) checkouts are pending, expected \(model.pending.count)")
    }
    engine.revise(stored: Set(answered))
    if engine.revisesStored == answered.isEmpty {
      failures.append("\(answered.count) rows are to be revised")
    }
  }
}
