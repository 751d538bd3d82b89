import Attribution
import Connect
import Dataflow
import Events

/// Rows of one epoch, encoded for binary COPY as they come.
///
/// Filled by one thread, then committed by another: whoever has it owns it.
final class PostgresEpoch: Epoch {
  let task: Int32
  private let rule: AttributionRule
  let recent: RecentEvents
  /// Of its last event, among all that the recent events were told of.
  private(set) var lastOrder: Int64 = 0

  private(set) var clicks = CopyBuffer(usually: 32 << 20)
  private(set) var checkouts = CopyBuffer(usually: 8 << 20)
  private(set) var newAnswers = CopyBuffer(usually: 8 << 20)
  private(set) var revisions = CopyBuffer()
  var lateClicks = LateEvents(.clicks)
  var lateCheckouts = LateEvents(.checkouts)
  private(set) var deadLetters = CopyBuffer()
  private(set) var gaps = CopyBuffer()
  private(set) var resends = CopyBuffer()
  /// Times of stored checkouts that are to be answered again.
  private(set) var restated: Range<EventTime>?
  /// Days of the raw rows, of late ones once they are judged.
  private(set) var days = DaySet()
  /// No stored event has a greater one.
  private(set) var greatestEventTime = EventTime.beginning

  init(task: Int32, rule: AttributionRule, recent: RecentEvents) {
    self.task = task
    self.rule = rule
    self.recent = recent
  }

  var byteCount: Int {
    clicks.count + checkouts.count + newAnswers.count + revisions.count + lateClicks.byteCount
      + lateCheckouts.byteCount + deadLetters.count + gaps.count + resends.count
  }

  var hasLateEvents: Bool { !lateClicks.isEmpty || !lateCheckouts.isEmpty }
  /// True when answers may replace stored ones.
  var mayReplaceAnswers: Bool { hasLateEvents || restated != nil || !revisions.isEmpty }

  func append(_ batch: ClickBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    append(
      batch.records,
      verdicts: verdicts,
      watermarks: watermarks,
      behind: checkouts.count,
      onTime: &clicks,
      late: &lateClicks
    )
  }

  func append(_ batch: CheckoutBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    append(
      batch.records,
      verdicts: verdicts,
      watermarks: watermarks,
      behind: checkouts.count,
      onTime: &checkouts,
      late: &lateCheckouts
    )
  }

  /// Encodes the records that are stored, and adds them to the recent events.
  private func append<Record: RecentRecord>(
    _ records: [Record],
    verdicts: [Verdict],
    watermarks: [Watermark],
    behind checkoutsEnd: Int,
    onTime: inout CopyBuffer,
    late: inout LateEvents
  ) {
    precondition(records.count == verdicts.count, "\(verdicts.count) verdicts for a batch")
    guard let watermark = watermarks.last else { return }
    let now = EventTime.wallClock
    recent.withLock {
      var days = self.days
      // Those on time that the recent events have not been told of yet begin here.
      var start = records.startIndex
      for index in records.indices {
        let record = records[index]
        if case .onTime = verdicts[index] {
          record.write(to: &onTime, ingestedAt: now)
          days.insert(record.time)
          continue
        }
        recent.add(records[start..<index])
        start = index + 1
        guard verdicts[index].isLate else { continue }
        late.append(
          record,
          verdicts[index],
          at: watermarks[index],
          isDropped: rule.latePolicy == .drop
            || rule.isExpired(record.time, at: watermarks[index]),
          checkoutsEnd: Record.stream == .checkouts ? onTime.count : checkoutsEnd,
          to: recent,
          ingestedAt: now
        )
      }
      recent.add(records[start...])
      self.days = days
      lastOrder = recent.order
      greatestEventTime = recent.greatestTime
      recent.letGo(at: watermark)
    }
  }

  /// True when the recent events know all about the late ones that are no resends.
  var knowsLateEvents: Bool { (lateClicks.stored + lateCheckouts.stored).allSatisfy(\.isKnown) }

  /// Has the recent events say what they know of the late ones; under their lock.
  func judgeLateEvents() {
    recent.judge(&lateClicks)
    recent.judge(&lateCheckouts)
    for event in lateClicks.stored + lateCheckouts.stored { days.insert(event.time) }
  }

  func append(_ rejects: [RejectedMessage], of stream: StreamKind) {
    let now = EventTime.wallClock
    for reject in rejects {
      DeadLetterRow(reject: reject, stream: stream, task: task, recordedAt: now)
        .write(to: &deadLetters)
    }
  }

  func append(_ gap: LogGap, of stream: StreamKind) {
    GapRow(gap: gap, stream: stream, task: task, detectedAt: .wallClock).write(to: &gaps)
  }

  func append(_ resend: Resend, of stream: StreamKind) {
    ResendRow(resend: resend, stream: stream, task: task, readAt: .wallClock).write(to: &resends)
  }

  func append(_ answers: [Answer]) {
    let now = EventTime.wallClock
    for answer in answers {
      let row = AnswerRow(answer: answer, task: task, processedAt: now)
      switch answer.kind {
      case .new: row.write(to: &newAnswers)
      case .revision: row.write(to: &revisions)
      }
    }
  }

  func restate(_ times: Range<EventTime>) { restated = times }

  /// What one kind of rows may keep of its memory between epochs.
  private static let keptByteCount = 64 << 20

  func recycle() {
    clicks.removeAll(keepingAtMost: Self.keptByteCount)
    checkouts.removeAll(keepingAtMost: Self.keptByteCount)
    newAnswers.removeAll(keepingAtMost: Self.keptByteCount)
    revisions.removeAll(keepingAtMost: Self.keptByteCount)
    lateClicks.removeAll(keepingAtMost: Self.keptByteCount)
    lateCheckouts.removeAll(keepingAtMost: Self.keptByteCount)
    deadLetters.removeAll(keepingAtMost: Self.keptByteCount)
    gaps.removeAll(keepingAtMost: Self.keptByteCount)
    resends.removeAll(keepingAtMost: Self.keptByteCount)
    restated = nil
    days.removeAll()
    greatestEventTime = .beginning
    lastOrder = 0
  }
}
