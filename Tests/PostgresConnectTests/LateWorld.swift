import Attribution
import Connect
import Dataflow
import Events
import TestSupport

@testable import PostgresConnect

/// A random log of few users and minutes, fed to a sink epoch by epoch, and what must come of it.
///
/// The engine is played by the model: it answers on-time events from what it has in memory, and
/// leaves to the sink what is the sink's. Times are minutes, many of them equal.
struct LateWorld {
  struct Event: Hashable {
    var id: String
    var user: String
    var minute: Int64
    var offset: Int64
    var isCheckout: Bool
    var verdict = Verdict.onTime
    var isDropped = false
    /// Settled by the model when the epoch is committed.
    var isDuplicate = false
    /// How many checkouts it touches that were read before it.
    var restated = 0

    var time: Int64 { minute * 60_000_000 }
  }

  struct Row: Hashable, Comparable {
    var checkout: String
    var click: String?
    var count: Int

    static func < (left: Row, right: Row) -> Bool { left.checkout < right.checkout }
  }

  private var random: SplitMix64
  private let rule: AttributionRule
  private let recentByteCount: Int
  private let address: PostgresAddress
  private var sink: any TaskSink
  private let connection: PostgresConnection
  private let messages = Messages()
  /// Everything stored so far, late ones too.
  private var stored: [Event] = []
  private var answered: [String: Row] = [:]
  private var progress = TaskProgress()
  private var watermarkMinute: Int64 = 0
  private var nextOffset: Int64 = 0

  /// With a `recentByteCount` of 0 everything is left to the stored rows.
  init(seed: UInt64, policy: AttributionRule.LatePolicy, recentByteCount: Int) throws {
    random = SplitMix64(seed: seed)
    self.recentByteCount = recentByteCount
    var rule = AttributionRule()
    rule.latePolicy = policy
    rule.lateHorizon = .minutes(300)
    self.rule = rule
    address = try TemporaryCluster.database()
    sink = try PostgresSink(address, recentByteCount: recentByteCount)
      .makeTask(3, source: "world", rule: rule)
    _ = try sink.open()
    connection = try PostgresConnection(address)
  }

  /// Another run goes on: what the sink remembers is gone.
  mutating func takeOver() throws {
    sink.close()
    sink = try PostgresSink(address, recentByteCount: recentByteCount)
      .makeTask(3, source: "world", rule: rule)
    _ = try sink.open()
  }

  /// Engine's state reaches back window + delay from the watermark.
  private var stateMinute: Int64 { watermarkMinute - 65 }

  mutating func commitEpoch() throws {
    var events = (0..<random.next(below: 60)).map { _ in makeEvent() }
    // The engine drops what it has seen within its state.
    events = events.filter { event in
      event.verdict == .lateUnchecked || !stored.contains { same($0, event) }
    }
    var accepted: [Event] = []
    for event in events {
      let isKnown = (stored + accepted).contains { same($0, event) }
      if isKnown && event.verdict != .lateUnchecked { continue }
      var event = event
      event.isDuplicate = isKnown
      accepted.append(event)
    }
    let formerWatermark = watermarkMinute
    watermarkMinute += Int64(random.next(below: 90))
    progress.watermark = EventTime(microseconds: watermarkMinute * 60_000_000)

    let epoch = sink.makeEpoch()
    append(accepted, to: epoch, watermark: formerWatermark)
    let fresh = accepted.filter { !$0.isDuplicate }
    for var event in fresh {
      event.restated = restatedCount(of: event)
      stored.append(event)
    }
    epoch.append(engineAnswers(fresh, pendingFrom: formerWatermark))
    count(accepted)
    let receipt = try sink.commit(epoch, progress: progress)
    progress.clicks.counts.apply(receipt.lateClickDuplicates, receipt.lateClicksDropped)
    progress.checkouts.counts.apply(receipt.lateCheckoutDuplicates, receipt.lateCheckoutsDropped)
    for row in expectedAnswers() { answered[row.checkout] = row }
  }

  private func same(_ left: Event, _ right: Event) -> Bool {
    left.id == right.id && left.isCheckout == right.isCheckout
  }

  private mutating func makeEvent() -> Event {
    nextOffset += 10
    if random.next(below: 5) == 0, let old = stored.randomElement(using: &random) {
      var resent = old
      resent.offset = nextOffset
      resent.isDropped = false
      return judged(resent)
    }
    let spread = random.next(below: 3) == 0 ? 400 : 60
    let event = Event(
      id: "e\(random.next(below: 100))-\(nextOffset)\(Self.endings[random.next(below: 8)])",
      user: "u\(random.next(below: 3))\"\\",
      minute: watermarkMinute + 60 - Int64(random.next(below: spread + 60)),
      offset: nextOffset,
      isCheckout: random.next(below: 4) == 0
    )
    return judged(event)
  }

  /// What ids may end with, nearly all of it with a meaning in SQL, arrays or COPY.
  private static let endings = ["", "\"", "\\", "{,}", "'", "\\N", " é", ",NULL"]

  private func judged(_ event: Event) -> Event {
    var event = event
    let isLate = event.minute < watermarkMinute
    event.verdict =
      isLate ? (event.minute < stateMinute ? .lateUnchecked : .late) : .onTime
    event.isDropped =
      isLate && (rule.latePolicy == .drop || event.minute < watermarkMinute - 300)
    return event
  }

  /// Of an event that is read next.
  private func restatedCount(of event: Event) -> Int {
    guard !event.isDropped else { return 0 }
    guard !event.isCheckout else { return 1 }
    return stored.count {
      $0.isCheckout && !$0.isDropped && $0.user == event.user
        && (event.minute...event.minute + 60).contains($0.minute)
    }
  }

  /// In their order, so many of a stream at a time as follow each other.
  private func append(_ events: [Event], to epoch: any Epoch, watermark: Int64) {
    let time = EventTime(microseconds: watermark * 60_000_000)
    var rest = events[...]
    while let first = rest.first {
      let run = rest.prefix { $0.isCheckout == first.isCheckout }
      rest = rest.dropFirst(run.count)
      let verdicts = run.map(\.verdict)
      if first.isCheckout {
        epoch.append(CheckoutBatch(run.map(checkoutRecord)), verdicts: verdicts, watermark: time)
      } else {
        epoch.append(ClickBatch(run.map(record)), verdicts: verdicts, watermark: time)
      }
    }
  }

  private func record(_ event: Event) -> ClickRecord {
    messages.click(
      event.id,
      user: event.user,
      at: event.time,
      product: "p-\(event.id)",
      texts: ["n", nil, nil, "d", nil, "r-\(event.id)"],
      offset: event.offset
    )
  }

  private func checkoutRecord(_ event: Event) -> CheckoutRecord {
    messages.checkout(event.id, user: event.user, at: event.time, offset: event.offset)
  }

  /// New and changed answers to what is pending or came on time.
  ///
  /// Checkouts that this commit makes final are answered as if the epoch's late clicks had never
  /// come: the sink must mend that.
  private func engineAnswers(_ fresh: [Event], pendingFrom minute: Int64) -> [Answer] {
    let unseen = Set(fresh.filter { $0.verdict != .onTime && !$0.isCheckout }.map(\.id))
    let pending = stored.filter { event in
      event.isCheckout && event.verdict == .onTime
        && (answered[event.id] == nil || event.minute >= minute)
    }
    return pending.compactMap { checkout in
      let isFinal = checkout.minute < watermarkMinute
      let clicks = candidates(of: checkout).filter { !isFinal || !unseen.contains($0.id) }
      let row = Row(checkout: checkout.id, click: clicks.first?.id, count: clicks.count)
      let former = answered[checkout.id]
      // Telling what has not changed is allowed after a restart; do it now and then.
      if former == row && checkout.offset % 20 == 0 { return nil }
      return messages.answer(
        former == nil ? .new : .revision,
        to: checkoutRecord(checkout),
        by: clicks.first.map(record),
        clicksInWindow: Int32(clicks.count)
      )
    }
  }

  private func candidates(of checkout: Event) -> [Event] {
    stored.filter {
      !$0.isCheckout && !$0.isDropped && $0.user == checkout.user
        && (checkout.minute - 60...checkout.minute).contains($0.minute)
    }.sorted { ($0.minute, $0.id) < ($1.minute, $1.id) }
  }

  private mutating func count(_ accepted: [Event]) {
    for event in accepted {
      let path: WritableKeyPath<TaskProgress, TaskProgress.Counts> =
        event.isCheckout ? \.checkouts.counts : \.clicks.counts
      progress[keyPath: path].records += 1
      progress[keyPath: path].stored += 1
      if event.verdict != .onTime { progress[keyPath: path].late += 1 }
    }
  }

  // MARK: - What must be there, and what is

  func expectedAnswers() -> [Row] {
    stored.filter { $0.isCheckout && !$0.isDropped }.map { checkout in
      let clicks = candidates(of: checkout)
      return Row(checkout: checkout.id, click: clicks.first?.id, count: clicks.count)
    }.sorted()
  }

  func storedAnswers() throws -> [Row] {
    try connection.query(
      """
      SELECT checkout_id, click_id, clicks_in_window
      FROM ecommerce.attributions
      WHERE product_id IS NOT DISTINCT FROM 'p-' || click_id
        AND referrer IS NOT DISTINCT FROM 'r-' || click_id
      """
    ).map { row in
      Row(checkout: row[0] ?? "", click: row[1], count: row[2].flatMap { Int($0) } ?? -1)
    }.sorted()
  }

  /// Late events by offset, with their outcomes.
  func expectedLateEvents() -> [String] {
    stored.filter { $0.verdict != .onTime }.sorted { $0.offset < $1.offset }
      .map {
        let outcome = $0.isDropped ? "dropped" : $0.restated > 0 ? "restated" : "no_change"
        return "\($0.id) \(outcome) \($0.restated)"
      }
  }

  func storedLateEvents() throws -> [String] {
    try connection.query(
      """
      SELECT event_id, outcome, restated_checkouts FROM ecommerce.late_events ORDER BY log_offset
      """
    ).map { $0.map { $0 ?? "" }.joined(separator: " ") }
  }

  /// Rows, late rows and dropped ones, of clicks and then of checkouts.
  func expectedCounts() -> [Int64] {
    [false, true].flatMap { isCheckout in
      let events = stored.filter { $0.isCheckout == isCheckout }
      let late = events.filter { $0.verdict != .onTime }
      return [events.count, events.count, late.count, late.filter(\.isDropped).count]
        .map { Int64($0) }
    }
  }

  func storedCounts() throws -> [Int64] {
    try connection.query(
      """
      SELECT (SELECT count(*) FROM ecommerce.raw_clicks), clicks_stored, clicks_late,
        clicks_late_dropped, (SELECT count(*) FROM ecommerce.raw_checkouts), checkouts_stored,
        checkouts_late, checkouts_late_dropped
      FROM ecommerce.stream_progress
      WHERE clicks_records = clicks_stored + clicks_duplicates + clicks_dead_letters
      """
    ).flatMap { $0.map { $0.flatMap { Int64($0) } ?? -1 } }
  }
}

extension TaskProgress.Counts {
  /// As the driver does with a receipt.
  fileprivate mutating func apply(_ duplicateCount: Int64, _ droppedCount: Int64) {
    stored -= duplicateCount
    late -= duplicateCount
    duplicates += duplicateCount
    lateDropped += droppedCount
  }
}

extension SplitMix64 {
  fileprivate mutating func next(below bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }
}
