package import Attribution
package import Connect
import Dataflow
package import Events

/// Rows of a bounded input, encoded for binary COPY as they come: raw ones, answers, dead letters.
///
/// Filled by one thread, then sent by another: whoever has it owns it.
package final class LoadRows {
  static let task: Int32 = 0

  private(set) var clicks = CopyBuffer()
  private(set) var checkouts = CopyBuffer()
  private(set) var answers = CopyBuffer()
  private(set) var deadLetters = CopyBuffer()
  private(set) var days = DaySet()
  private(set) var greatestEventTime = EventTime.beginning

  init() {}

  package var byteCount: Int {
    clicks.count + checkouts.count + answers.count + deadLetters.count
  }

  /// Adds those that are new: the others are duplicates.
  package func append(_ batch: ClickBatch, verdicts: [Verdict]) {
    append(batch.records, verdicts, to: &clicks)
  }

  package func append(_ batch: CheckoutBatch, verdicts: [Verdict]) {
    append(batch.records, verdicts, to: &checkouts)
  }

  private func append<Record: CopyRow>(
    _ records: [Record],
    _ verdicts: [Verdict],
    to buffer: inout CopyBuffer
  ) {
    precondition(records.count == verdicts.count, "\(verdicts.count) verdicts for a batch")
    let now = EventTime.wallClock
    var (days, greatest) = (days, greatestEventTime)
    for (record, verdict) in zip(records, verdicts) where verdict == .onTime {
      record.write(to: &buffer, ingestedAt: now)
      days.insert(record.time)
      greatest = max(greatest, record.time)
    }
    (self.days, greatestEventTime) = (days, greatest)
  }

  package func append(_ answers: [Answer]) {
    let now = EventTime.wallClock
    for answer in answers {
      AnswerRow(answer: answer, task: Self.task, processedAt: now).write(to: &self.answers)
    }
  }

  package func append(_ rejects: [RejectedMessage], of stream: StreamKind) {
    let now = EventTime.wallClock
    for reject in rejects {
      DeadLetterRow(reject: reject, stream: stream, task: Self.task, recordedAt: now)
        .write(to: &deadLetters)
    }
  }

  /// What one kind of rows may keep of its memory.
  private static let keptByteCount = 64 << 20

  package func removeAll() {
    clicks.removeAll(keepingAtMost: Self.keptByteCount)
    checkouts.removeAll(keepingAtMost: Self.keptByteCount)
    answers.removeAll(keepingAtMost: Self.keptByteCount)
    deadLetters.removeAll(keepingAtMost: Self.keptByteCount)
    days.removeAll()
    greatestEventTime = .beginning
  }
}
