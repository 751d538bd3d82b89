import Attribution
import Connect
import Dataflow
import Events
import PostgresConnect

/// Encoding rows for COPY, alone and behind the decoder.
let postgresBenchmarks = [
  Benchmark(name: "copy.encode/clicks", unit: .rows) { context in
    let input = DecodedClicks(DecodeInput(lines: context.scaled(1_000_000), .click))
    let epochs = try EpochInput()
    return Workload(count: input.recordCount) {
      var byteCount = 0
      for batch in input.batches {
        epochs.append(batch)
        byteCount += epochs.recycle(above: 8 << 20)
      }
      return Outcome(checksum: UInt64(byteCount + epochs.recycle(above: 0)))
    }
  },
  Benchmark(name: "click.decodeAndEncode/json", unit: .events, limit: "lines.find/clicks") {
    context in
    let input = DecodeInput(lines: context.scaled(1_000_000), .click)
    let epochs = try EpochInput()
    var decoder = ClickDecoder()
    var batch = ClickBatch()
    return Workload(
      count: input.lineCount,
      byteCount: input.bytes.count,
      beforeRun: input.restore
    ) {
      var byteCount = 0
      var offset = 0
      while offset < input.bytes.count {
        batch.removeAll()
        offset += decoder.decode(
          lines: .init(rebasing: input.bytes[offset...]),
          startOffset: Int64(offset),
          limit: 2048,
          into: &batch
        )
        epochs.append(batch)
        byteCount += epochs.recycle(above: 8 << 20)
      }
      return Outcome(checksum: UInt64(byteCount + epochs.recycle(above: 0)))
    }
  },
]

/// Click records in memory, in batches as the driver decodes them.
final class DecodedClicks {
  private let input: DecodeInput
  private(set) var batches: [ClickBatch] = []

  init(_ input: DecodeInput) {
    self.input = input
    var decoder = ClickDecoder()
    var offset = 0
    while offset < input.bytes.count {
      var batch = ClickBatch()
      offset += decoder.decode(
        lines: .init(rebasing: input.bytes[offset...]),
        startOffset: Int64(offset),
        limit: 2048,
        into: &batch
      )
      batches.append(batch)
    }
  }

  var recordCount: Int { batches.reduce(0) { $0 + $1.records.count } }
}

/// An epoch of a sink that is never connected.
private final class EpochInput {
  private let sink: any TaskSink
  private let epoch: any Epoch
  private var verdicts: [Verdict] = []
  private var watermarks: [Watermark] = []

  init() throws {
    sink = try PostgresSink(PostgresAddress("")).makeTask(0, source: "", rule: AttributionRule())
    epoch = sink.makeEpoch()
  }

  func append(_ batch: ClickBatch) {
    if verdicts.count != batch.records.count {
      verdicts = [Verdict](repeating: .onTime, count: batch.records.count)
      watermarks = [Watermark](repeating: .beginning, count: batch.records.count)
    }
    epoch.append(batch, verdicts: verdicts, watermarks: watermarks)
  }

  /// Empties an epoch that holds more than so many bytes; returns how many it held.
  func recycle(above byteCount: Int) -> Int {
    let held = epoch.byteCount
    guard held > byteCount else { return 0 }
    sink.recycle(epoch)
    return held
  }
}
