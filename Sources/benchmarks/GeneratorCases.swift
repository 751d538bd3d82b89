import Connect
import Dataflow
import Foundation
import Generation

/// Making events, into nowhere and into the embedded log, beside only writing as many bytes.
let generatorBenchmarks = [
  Benchmark(name: "bytes.write/files", unit: .bytes) { context in
    let byteCount = context.scaled(GeneratorInput.eventCount) * 350
    let log = try ScratchLog(in: context)
    let block = [UInt8](repeating: 0x20, count: 256 << 10)
    return Workload(count: byteCount, byteCount: byteCount, beforeRun: log.remove) {
      let writer = try FileLogWriter(directory: log.directory)
      var written = 0
      try block.withUnsafeBytes { block in
        while written < byteCount {
          let piece = UnsafeRawBufferPointer(rebasing: block.prefix(byteCount - written))
          try writer.append(piece, to: .clicks, partition: written / block.count % 4)
          written += piece.count
        }
      }
      return Outcome(checksum: UInt64(written))
    }
  },
  Benchmark(name: "generator.make/nowhere", unit: .events) { context in
    let input = GeneratorInput(context)
    return Workload(count: input.plan.eventCount ?? 0) { try input.make(into: CountingLog()) }
  },
  Benchmark(name: "generator.make/files", unit: .events, limit: "bytes.write/files") { context in
    let input = GeneratorInput(context)
    let counter = CountingLog()
    _ = try input.make(into: counter)
    let log = try ScratchLog(in: context)
    return Workload(
      count: input.plan.eventCount ?? 0,
      byteCount: counter.byteCount,
      beforeRun: log.remove
    ) {
      try input.make(into: FileLogWriter(directory: log.directory))
    }
  },
]

/// A day of events with a little of everything that goes wrong.
struct GeneratorInput: Sendable {
  static let eventCount = 2_000_000
  let plan: Plan

  init(_ context: BenchmarkContext) {
    let count = context.scaled(Self.eventCount)
    let day = EventSpan.hours(24)
    var plan = Plan(
      schedule: .even(
        start: EventTime(microseconds: 1_767_225_600_000_000),
        stepMicroseconds: Double(day.microseconds) / Double(count)
      ),
      seed: 1
    )
    plan.eventCount = count
    plan.late = 0.01
    plan.duplicates = 0.005
    plan.orphans = 0.02
    plan.malformed = 0.0001
    self.plan = plan
  }

  func make(into log: any LogWriter) throws -> Outcome {
    var generator = try Generator(plan: plan, writer: log)
    while !generator.isDone { try generator.make(atMost: 4096) }
    try generator.finish()
    return Outcome(checksum: UInt64(generator.statistics.bytes))
  }
}

/// Counts bytes and keeps none.
private final class CountingLog: LogWriter {
  let partitionCount = 4
  let isContinued = false
  private(set) var byteCount = 0

  func append(_ lines: KeyedLines, to stream: StreamKind, partition: Int) {
    byteCount += lines.bytes.count
  }

  func finish() {}
}

/// A log of its own in the run's directory.
private struct ScratchLog {
  let directory: String

  init(in context: BenchmarkContext) throws {
    directory = try context.directory().appending(path: "log-\(UUID().uuidString)").path
  }

  func remove() throws {
    guard FileManager.default.fileExists(atPath: directory) else { return }
    try FileManager.default.removeItem(atPath: directory)
  }
}
