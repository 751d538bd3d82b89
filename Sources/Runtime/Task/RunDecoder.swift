import Attribution
import Connect
import Dataflow
import Events

/// What differs between the two streams of a task: the decoder, and which overloads of the engine and
/// of an epoch take the records.
protocol RunDecoder: MessageDecoder {
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
