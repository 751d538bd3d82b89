import Attribution
import Connect
import Dataflow
import Events

/// What differs between the two streams of a task: how runs are decoded, and which overloads of the
/// engine and of an epoch take the records.
protocol RunDecoder {
  associatedtype Record: EventRecord
  static var stream: StreamKind { get }
  static func process(
    _ batch: RecordBatch<Record>,
    verdicts: inout [Verdict],
    in engine: inout FirstClick
  )
  static func append(
    _ batch: RecordBatch<Record>,
    verdicts: [Verdict],
    watermarks: [Watermark],
    to epoch: any Epoch
  )

  init()
  /// Decodes at most `limit` records and returns the number of bytes that they took.
  mutating func decode(
    lines: UnsafeMutableRawBufferPointer,
    startOffset: Int64,
    limit: Int,
    into batch: inout RecordBatch<Record>
  ) -> Int
  /// Decodes one message; a nil base address is a null payload.
  mutating func decode(
    message: UnsafeMutableRawBufferPointer,
    offset: Int64,
    into batch: inout RecordBatch<Record>
  )
}

extension RunDecoder {
  /// Decodes a whole run into `batch`, which is emptied first.
  mutating func decode(_ run: MessageRun, into batch: inout RecordBatch<Record>) {
    batch.removeAll()
    switch run.framing {
    case .lines:
      let byteCount = decode(
        lines: run.bytes,
        startOffset: run.startOffset,
        limit: .max,
        into: &batch
      )
      assert(byteCount == run.bytes.count, "decoder left \(run.bytes.count - byteCount) bytes")
    case .messages(let messages):
      for message in messages {
        let bytes = message.bytes.map { UnsafeMutableRawBufferPointer(rebasing: run.bytes[$0]) }
        decode(
          message: bytes ?? UnsafeMutableRawBufferPointer(start: nil, count: 0),
          offset: message.offset,
          into: &batch
        )
      }
    }
  }
}

extension ClickDecoder: RunDecoder {
  static var stream: StreamKind { .clicks }
  static func process(
    _ batch: ClickBatch,
    verdicts: inout [Verdict],
    in engine: inout FirstClick
  ) {
    engine.process(batch, verdicts: &verdicts)
  }
  static func append(
    _ batch: ClickBatch,
    verdicts: [Verdict],
    watermarks: [Watermark],
    to epoch: any Epoch
  ) {
    epoch.append(batch, verdicts: verdicts, watermarks: watermarks)
  }
}

extension CheckoutDecoder: RunDecoder {
  static var stream: StreamKind { .checkouts }
  static func process(
    _ batch: CheckoutBatch,
    verdicts: inout [Verdict],
    in engine: inout FirstClick
  ) {
    engine.process(batch, verdicts: &verdicts)
  }
  static func append(
    _ batch: CheckoutBatch,
    verdicts: [Verdict],
    watermarks: [Watermark],
    to epoch: any Epoch
  ) {
    epoch.append(batch, verdicts: verdicts, watermarks: watermarks)
  }
}
