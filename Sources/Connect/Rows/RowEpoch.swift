import Attribution
import Dataflow
import Events

/// An epoch of a sink that is appended to: the rows as text, encoded on the task's thread.
///
/// Raw rows are not kept. Late events change no answer and are listed.
final class RowEpoch<Format: RowFormat>: Epoch {
  private let task: Int
  /// Tables to write; rows of the others are left out.
  private let tables: Set<OutputTable>
  private var attributed: RowWriter<Format>
  private var late: RowWriter<Format>
  private var deadLetters: RowWriter<Format>
  private var gaps: RowWriter<Format>
  /// Checkouts that have a row.
  private(set) var answerCount: Int64 = 0
  /// Late events that changed no answer, for the receipt.
  private(set) var receipt = CommitReceipt()

  init(task: Int, format: Format, tables: Set<OutputTable>) {
    self.task = task
    self.tables = tables
    attributed = RowWriter(format)
    late = RowWriter(format)
    deadLetters = RowWriter(format)
    gaps = RowWriter(format)
  }

  var byteCount: Int { OutputTable.allCases.reduce(0) { $0 + rows(of: $1).count } }

  /// Valid until the next change.
  func rows(of table: OutputTable) -> UnsafeRawBufferPointer {
    switch table {
    case .attributed: attributed.buffer.bytes
    case .late: late.buffer.bytes
    case .deadLetters: deadLetters.buffer.bytes
    case .gaps: gaps.buffer.bytes
    }
  }

  func removeAll() {
    attributed.removeAll()
    late.removeAll()
    deadLetters.removeAll()
    gaps.removeAll()
    answerCount = 0
    receipt = CommitReceipt()
  }

  func append(_ clicks: ClickBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    receipt.lateClicksDropped += append(clicks.records, verdicts, watermarks, of: .clicks)
  }

  func append(_ checkouts: CheckoutBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    receipt.lateCheckoutsDropped += append(checkouts.records, verdicts, watermarks, of: .checkouts)
  }

  func append(_ rejects: [RejectedMessage], of stream: StreamKind) {
    guard tables.contains(.deadLetters) else { return }
    let now = EventTime.wallClock
    for reject in rejects { deadLetters.append(reject, of: stream, task: task, recordedAt: now) }
  }

  /// Nobody goes on from rows in files.
  func append(_ resend: Resend, of stream: StreamKind) {}

  func append(_ gap: LogGap, of stream: StreamKind) {
    guard tables.contains(.gaps) else { return }
    gaps.append(gap, of: stream, task: task, detectedAt: .wallClock)
  }

  func append(_ answers: [Answer]) {
    attributed.append(answers, processedAt: .wallClock)
    answerCount += Int64(answers.count)
  }

  /// Never asked for: a sink without progress has no state to lose.
  func restate(_ times: Range<EventTime>) {}

  /// Lists the late records and returns how many there are.
  private func append(
    _ records: [some EventRecord],
    _ verdicts: [Verdict],
    _ watermarks: [Watermark],
    of stream: StreamKind
  ) -> Int64 {
    var count: Int64 = 0
    for (index, verdict) in verdicts.enumerated() where verdict.isLate {
      count += 1
      guard tables.contains(.late) else { continue }
      late.append(
        late: records[index],
        of: stream,
        task: task,
        watermark: watermarks[index],
        recordedAt: .wallClock
      )
    }
    return count
  }
}
