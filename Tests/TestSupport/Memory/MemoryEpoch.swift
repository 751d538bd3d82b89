package import Attribution
package import Connect
package import Dataflow
package import Events

/// Rows of one task as a `MemorySink` takes them: copies of what the engine and the decoder lend.
final class MemoryEpoch: Epoch {
  struct Event {
    var event: NaiveAttribution.Event
    var verdict: Verdict
    var watermark: Watermark

    var isLate: Bool { verdict.isLate }
  }
  struct Answer {
    var checkoutID: String
    var kind: Attribution.Answer.Kind
    var isFinal: Bool
    var time: EventTime
    var answer: NaiveAttribution.Answer
  }

  private(set) var clicks: [Event] = []
  private(set) var checkouts: [Event] = []
  private(set) var answers: [Answer] = []
  private(set) var rejects: [(stream: StreamKind, offset: Int64)] = []
  private(set) var gaps: [(stream: StreamKind, gap: LogGap)] = []
  private(set) var resends: [(stream: StreamKind, resend: Resend)] = []
  private(set) var restated: Range<EventTime>?
  private(set) var byteCount = 0
  /// Changes with every use of the object.
  private(set) var identity = Identity()

  /// Tells one filling of an epoch from the next.
  final class Identity: Sendable {}

  var isEmpty: Bool { byteCount == 0 }

  func append(_ clicks: ClickBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    self.clicks += events(clicks.records, verdicts, watermarks)
  }

  func append(_ checkouts: CheckoutBatch, verdicts: [Verdict], watermarks: [Watermark]) {
    self.checkouts += events(checkouts.records, verdicts, watermarks)
  }

  func append(_ rejects: [RejectedMessage], of stream: StreamKind) {
    byteCount += rejects.count * 100
    self.rejects += rejects.map { (stream, $0.offset) }
  }

  func append(_ gap: LogGap, of stream: StreamKind) {
    byteCount += 100
    gaps.append((stream, gap))
  }

  func append(_ resend: Resend, of stream: StreamKind) {
    byteCount += 100
    resends.append((stream, resend))
  }

  func restate(_ times: Range<EventTime>) { restated = times }

  func append(_ answers: [Attribution.Answer]) {
    byteCount += answers.count * 100
    self.answers += answers.map { answer in
      Answer(
        checkoutID: answer.checkoutFields.firstField,
        kind: answer.kind,
        isFinal: answer.isFinal,
        time: answer.checkoutTime,
        answer: NaiveAttribution.Answer(
          clickID: answer.isAttributed ? String(decoding: answer.clickID, as: UTF8.self) : nil,
          clicksInWindow: Int(answer.clicksInWindow)
        )
      )
    }
  }

  func removeAll() {
    resends = []
    clicks = []
    checkouts = []
    answers = []
    rejects = []
    gaps = []
    restated = nil
    byteCount = 0
    identity = Identity()
  }

  private func events(
    _ records: [some EventRecord],
    _ verdicts: [Verdict],
    _ watermarks: [Watermark]
  ) -> [Event] {
    precondition(records.count == verdicts.count, "one verdict per record")
    byteCount += records.count * 100
    return zip(records, zip(verdicts, watermarks)).map { record, judged in
      Event(
        event: NaiveAttribution.Event(
          id: String(decoding: record.bytes(record.eventID), as: UTF8.self),
          user: String(decoding: record.bytes(record.userID), as: UTF8.self),
          time: record.time
        ),
        verdict: judged.0,
        watermark: judged.1
      )
    }
  }
}

extension Epoch {
  /// Appends a batch that was read at one watermark.
  package func append(_ clicks: ClickBatch, verdicts: [Verdict], watermark: Watermark) {
    let watermarks = [Watermark](repeating: watermark, count: verdicts.count)
    append(clicks, verdicts: verdicts, watermarks: watermarks)
  }

  /// As above, for checkouts.
  package func append(_ checkouts: CheckoutBatch, verdicts: [Verdict], watermark: Watermark) {
    let watermarks = [Watermark](repeating: watermark, count: verdicts.count)
    append(checkouts, verdicts: verdicts, watermarks: watermarks)
  }
}

extension UnsafeRawBufferPointer {
  /// The first of several fields in binary COPY form, a text.
  var firstField: String {
    var reader = CopyFieldReader(self)
    return reader.next().map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
