import Attribution
import Connect
import Dataflow

extension MemorySink.Stored {
  private enum Outcome { case stored, skipped, late, duplicate, dropped }

  /// Applies an epoch as one transaction, and notes what breaks the contract of sinks or the law.
  mutating func apply(
    _ epoch: MemoryEpoch,
    _ progress: TaskProgress,
    rule: AttributionRule,
    violations: inout [String]
  ) {
    var receipt = CommitReceipt()
    var restated: Set<String> = []
    var lateCheckouts: Set<String> = []
    for event in epoch.clicks {
      switch store(event, in: \.clicks, of: .clicks, rule, &violations) {
      case .duplicate: receipt.lateClickDuplicates += 1
      case .dropped: receipt.lateClicksDropped += 1
      case .late: restated.insert(event.event.user)
      case .stored, .skipped: break
      }
    }
    let answered = Set(epoch.answers.map(\.checkoutID))
    for event in epoch.checkouts {
      let id = event.event.id
      let isKnown =
        rows[id] != nil || answered.contains(id) || lateCheckouts.contains(id)
        || dropped[.checkouts, default: []].contains(id)
      if event.isLate, checkouts[id] != nil, !isKnown {
        violations.append("late checkouts \(id) is stored again, its first one waits")
      }
      switch store(event, in: \.checkouts, of: .checkouts, rule, &violations) {
      case .duplicate: receipt.lateCheckoutDuplicates += 1
      case .dropped: receipt.lateCheckoutsDropped += 1
      case .late: lateCheckouts.insert(event.event.id)
      case .stored, .skipped: break
      }
    }
    for answer in epoch.answers { take(answer, &violations) }
    // Answers from the watermark on are the engine's to revise, and nobody else's.
    let watermark = progress.isFlushed ? EventTime.endOfInput : progress.watermark
    for (id, checkout) in checkouts
    where rows[id] != nil && epoch.restated?.contains(checkout.time) ?? false {
      rows[id] = NaiveAttribution.answer(checkout, clicks: keptClicks, window: rule.window)
    }
    for (id, checkout) in checkouts
    where lateCheckouts.contains(id)
      || (restated.contains(checkout.user) && rows[id] != nil && checkout.time < watermark)
    {
      rows[id] = NaiveAttribution.answer(checkout, clicks: keptClicks, window: rule.window)
    }
    deadLetters += epoch.rejects.count
    for (stream, gap) in epoch.gaps { gaps[stream, default: []].append(gap) }
    for (stream, resend) in epoch.resends { resends[stream, default: []].append(resend) }
    self.progress = progress.corrected(by: receipt)
    lastReceipt = receipt
    lastEpoch = epoch.identity
    self.epoch += 1
  }

  /// Clicks that late_events does not list as dropped.
  private var keptClicks: [NaiveAttribution.Event] {
    clicks.values.filter { !dropped[.clicks, default: []].contains($0.id) }
  }

  private mutating func store(
    _ event: MemoryEpoch.Event,
    in events: WritableKeyPath<Self, [String: NaiveAttribution.Event]>,
    of stream: StreamKind,
    _ rule: AttributionRule,
    _ violations: inout [String]
  ) -> Outcome {
    let isStored = self[keyPath: events][event.event.id] != nil
    switch event.verdict {
    case .duplicate, .resent:
      if !isStored { violations.append("\(stream) \(event.event.id) is no duplicate") }
      return .skipped
    case .onTime:
      if isStored { violations.append("\(stream) \(event.event.id) is stored twice") }
      self[keyPath: events][event.event.id] = event.event
      return .stored
    case .late, .lateUnchecked, .expired:
      guard !isStored else { return .duplicate }
      self[keyPath: events][event.event.id] = event.event
      lateEvents[stream, default: []].insert(event.event.id)
      guard rule.latePolicy == .drop || event.event.time < event.watermark - rule.lateHorizon
      else { return .late }
      dropped[stream, default: []].insert(event.event.id)
      return .dropped
    }
  }

  private mutating func take(_ answer: MemoryEpoch.Answer, _ violations: inout [String]) {
    let id = answer.checkoutID
    if answer.kind == .new, rows[id] != nil { violations.append("answer to \(id) is not new") }
    if checkouts[id] == nil { violations.append("answer to \(id), which is not stored") }
    if let row = rows[id], row != answer.answer { revisions[id, default: 0] += 1 }
    rows[id] = answer.answer
  }
}

extension MemorySink.Stored {
  /// What breaks the law of attribution, or the conservation of records, in what is stored now.
  func lawBreaches(_ rule: AttributionRule) -> [String] {
    guard let progress else { return [] }
    let clicksByUser = Dictionary(
      grouping: clicks.values.filter { !dropped[.clicks, default: []].contains($0.id) }
    ) { $0.user }
    var breaches: [String] = []
    for checkout in checkouts.values {
      if dropped[.checkouts, default: []].contains(checkout.id) {
        if rows[checkout.id] != nil { breaches.append("dropped \(checkout.id) has a row") }
        continue
      }
      let isFinal = progress.isFlushed || checkout.time < progress.watermark
      let expected = NaiveAttribution.answer(
        checkout,
        clicks: clicksByUser[checkout.user] ?? [],
        window: rule.window
      )
      guard let row = rows[checkout.id] else {
        if isFinal || rule.emission == .early { breaches.append("no row of \(checkout.id)") }
        continue
      }
      if row.clickID != expected.clickID || (isFinal && row != expected) {
        breaches.append("row of \(checkout.id) is \(row), expected \(expected)")
      }
    }
    breaches += conservation(of: progress.clicks.counts, stored: clicks.count, .clicks)
    breaches += conservation(of: progress.checkouts.counts, stored: checkouts.count, .checkouts)
    let dead = progress.clicks.counts.deadLetters + progress.checkouts.counts.deadLetters
    if dead != deadLetters { breaches.append("\(deadLetters) dead letters, counted \(dead)") }
    return breaches
  }

  private func conservation(
    of counts: TaskProgress.Counts,
    stored: Int,
    _ stream: StreamKind
  ) -> [String] {
    var breaches: [String] = []
    if counts.stored != stored {
      breaches.append("\(stored) \(stream) stored, counted \(counts.stored)")
    }
    if counts.records != counts.stored + counts.duplicates + counts.deadLetters {
      breaches.append("\(stream) unaccounted for: \(counts)")
    }
    if counts.late != lateEvents[stream, default: []].count
      || counts.lateDropped != dropped[stream, default: []].count
    {
      breaches.append("late \(stream) miscounted: \(counts)")
    }
    return breaches
  }
}
