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
  /// Among the epochs of the recent events; nil before the first record.
  private(set) var number: UInt32?

  private(set) var clicks = CopyBuffer()
  private(set) var checkouts = CopyBuffer()
  private(set) var newAnswers = CopyBuffer()
  private(set) var revisions = CopyBuffer()
  private(set) var lateClicks = CopyBuffer()
  private(set) var lateCheckouts = CopyBuffer()
  private(set) var deadLetters = CopyBuffer()
  private(set) var gaps = CopyBuffer()
  private(set) var resends = CopyBuffer()
  private(set) var lateNotes = LateNotes()
  /// Offsets of late checkouts that are not to be stored.
  private(set) var leftOut: [Int64] = []
  /// Times of stored checkouts that are to be answered again.
  private(set) var restated: Range<EventTime>?
  /// Days of the raw rows, late ones too.
  private(set) var days = DaySet()
  /// No stored event has a greater one.
  private(set) var greatestEventTime = EventTime.beginning

  init(task: Int32, rule: AttributionRule, recent: RecentEvents) {
    self.task = task
    self.rule = rule
    self.recent = recent
  }

  var byteCount: Int {
    clicks.count + checkouts.count + newAnswers.count + revisions.count + lateClicks.count
      + lateCheckouts.count + deadLetters.count + gaps.count + resends.count
  }

  var isEmpty: Bool { byteCount == 0 && restated == nil }
  var hasLateEvents: Bool { lateNotes.hasEvents }
  var needsStagingTables: Bool { hasLateEvents || restated != nil || !revisions.isEmpty }

  func append(_ batch: ClickBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    append(
      batch.records,
      verdicts: verdicts,
      watermarks: watermarks,
      onTime: &clicks,
      late: &lateClicks
    )
  }

  func append(_ batch: CheckoutBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    append(
      batch.records,
      verdicts: verdicts,
      watermarks: watermarks,
      onTime: &checkouts,
      late: &lateCheckouts
    )
  }

  /// Encodes the records that are stored, and adds them to the recent events.
  private func append<Record: RecentRecord>(
    _ records: [Record],
    verdicts: [Verdict],
    watermarks: [Watermark],
    onTime: inout CopyBuffer,
    late: inout CopyBuffer
  ) {
    precondition(records.count == verdicts.count, "\(verdicts.count) verdicts for a batch")
    guard let watermark = watermarks.last else { return }
    let now = EventTime.wallClock
    let fieldCount = Int16(Record.columns.count)
    recent.withLock {
      let epoch = number ?? recent.beginEpoch()
      number = epoch
      var days = self.days
      for index in records.indices {
        let record = records[index]
        switch verdicts[index] {
        case .duplicate, .resent: continue
        case .onTime:
          var cursor = onTime.reserve(record.fieldsByteCount)
          cursor.startRow(fieldCount: fieldCount)
          record.writeFields(to: &cursor, ingestedAt: now)
          onTime.commit(to: cursor)
          record.add(to: recent, epoch: epoch, isDropped: false)
        case .late, .lateUnchecked, .expired:
          let row = LateRow(
            record: record,
            watermark: watermarks[index],
            isUnchecked: verdicts[index] == .lateUnchecked,
            isDropped: rule.latePolicy == .drop
              || rule.isExpired(record.time, at: watermarks[index]),
            isNew: Record.stream == .clicks && verdicts[index] == .late
          )
          guard let row = note(row, in: epoch) else { continue }
          row.write(to: &late, ingestedAt: now)
        }
        days.insert(record.time)
      }
      self.days = days
      greatestEventTime = recent.greatestTime
      recent.letGo(at: watermark)
    }
  }

  /// Asks the recent events about a late one, and adds it to them.
  ///
  /// - Returns: the row to stage; nil for a resend of what they hold.
  private func note<Record: RecentRecord>(
    _ row: LateRow<Record>,
    in epoch: UInt32
  ) -> LateRow<Record>? {
    lateNotes.count(Record.stream)
    recent.noteLate(at: row.watermark)
    if !row.isNew, row.record.isHeld(by: recent) { return nil }
    var row = row
    let place = row.record.add(to: recent, epoch: epoch, isDropped: row.isDropped)
    lateNotes.stage(row.record.time, isKnown: place != nil)
    guard let place else { return row }
    row.isUnchecked = false
    lateNotes.places[Record.stream, default: [:]][row.record.offset] = place
    guard !row.isDropped else { return row }
    row.restated = row.record.note(in: &lateNotes, at: place, of: recent)
    return row
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

  func leaveOut(lateCheckoutsAt offsets: [Int64]) {
    leftOut += offsets
    recent.withLock { for offset in offsets { lateNotes.takeBack(.checkouts, offset: offset) } }
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
    lateNotes = LateNotes()
    leftOut = []
    restated = nil
    days.removeAll()
    greatestEventTime = .beginning
    number = nil
  }
}
