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

  private(set) var clicks = CopyBuffer()
  private(set) var checkouts = CopyBuffer()
  private(set) var newAnswers = CopyBuffer()
  private(set) var revisions = CopyBuffer()
  private(set) var lateClicks = CopyBuffer()
  private(set) var lateCheckouts = CopyBuffer()
  private(set) var deadLetters = CopyBuffer()
  private(set) var gaps = CopyBuffer()
  private(set) var lateClickCount: Int64 = 0
  private(set) var lateCheckoutCount: Int64 = 0
  /// Times of stored checkouts that are to be answered again.
  private(set) var restated: Range<EventTime>?
  /// Days of the raw rows, late ones too.
  private(set) var days = DaySet()

  init(task: Int32, rule: AttributionRule) {
    self.task = task
    self.rule = rule
  }

  var byteCount: Int {
    clicks.count + checkouts.count + newAnswers.count + revisions.count + lateClicks.count
      + lateCheckouts.count + deadLetters.count + gaps.count
  }

  var isEmpty: Bool { byteCount == 0 && restated == nil }
  /// True when its commit must look at stored rows.
  var needsLateRules: Bool { hasLateEvents || restated != nil }
  var hasLateEvents: Bool { lateClickCount + lateCheckoutCount > 0 }

  func append(_ batch: ClickBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    lateClickCount += append(
      batch.records,
      verdicts: verdicts,
      watermarks: watermarks,
      onTime: &clicks,
      late: &lateClicks
    )
  }

  func append(_ batch: CheckoutBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    lateCheckoutCount += append(
      batch.records,
      verdicts: verdicts,
      watermarks: watermarks,
      onTime: &checkouts,
      late: &lateCheckouts
    )
  }

  /// Encodes the records that are stored.
  ///
  /// - Returns: how many of them were late.
  private func append<Record: CopyRow>(
    _ records: [Record],
    verdicts: [Verdict],
    watermarks: [Watermark],
    onTime: inout CopyBuffer,
    late: inout CopyBuffer
  ) -> Int64 {
    precondition(records.count == verdicts.count, "\(verdicts.count) verdicts for a batch")
    let now = EventTime.wallClock
    let fieldCount = Int16(Record.columns.count)
    var days = self.days
    var lateCount: Int64 = 0
    for index in records.indices {
      let record = records[index]
      switch verdicts[index] {
      case .duplicate: continue
      case .onTime:
        var cursor = onTime.reserve(record.fieldsByteCount)
        cursor.startRow(fieldCount: fieldCount)
        record.writeFields(to: &cursor, ingestedAt: now)
        onTime.commit(to: cursor)
      case .late, .lateUnchecked, .expired:
        LateRow(
          record: record,
          watermark: watermarks[index],
          isUnchecked: verdicts[index] == .lateUnchecked,
          isDropped: rule.latePolicy == .drop
            || rule.isExpired(record.time, at: watermarks[index])
        ).write(to: &late, ingestedAt: now)
        lateCount += 1
      }
      days.insert(record.time)
    }
    self.days = days
    return lateCount
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
    lateClickCount = 0
    lateCheckoutCount = 0
    restated = nil
    days.removeAll()
  }
}
