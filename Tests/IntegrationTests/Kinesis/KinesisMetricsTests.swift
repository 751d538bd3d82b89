import Foundation
import Synchronization
import TestSupport
import Testing

/// What an operator sees of a worker's reading, while it runs and afterwards.
@Suite(.mostlyWaits) struct KinesisMetricsTests {
  /// The part of `status --json` that tells of reading.
  private struct Status: Decodable {
    struct Reads: Decodable {
      struct Shard: Decodable {
        var shard: String
        var calls: Int
        var throttledCalls: Int
        var records: Int
        var bytes: Int
        var iteratorAgeMilliseconds: Int?
      }
      var stream: String
      var calls: Int
      var throttledCalls: Int
      var records: Int
      var bytes: Int
      var iteratorAgeMilliseconds: Int?
      var shards: [Shard]
    }
    var reads: [Reads]
  }

  private static func status(_ trial: KinesisTrial) throws -> Status {
    let outcome = try trial.start(["status", "--json"]).wait()
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Status.self, from: Data(outcome.output.utf8))
  }

  @Test func `status counts what each shard gave, and how often it throttled`() throws {
    let trial = try KinesisTrial()
    try trial.generate(events: 4000, seed: 41)
    try trial.deliver()
    let throttled = Mutex(0)
    trial.kinesis.onCall { call in
      guard call.action == "GetRecords", throttled.withLock({ $0 < 11 }),
        call.number.isMultiple(of: 2)
      else { return nil }
      throttled.withLock { $0 += 1 }
      return .throttle
    }
    // Small pages: the throttling is over long before the end.
    trial.kinesis.withState { $0.pageLimit = 100 }
    let outcome = try trial.startWorker(["--until-end"]).wait()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.errorLines.last?.hasSuffix(", 11 throttled calls") == true, "\(outcome.errors)")
    let reads = try Self.status(trial).reads
    #expect(reads.map(\.stream) == ["clicks", "checkouts"])
    #expect(reads.reduce(0) { $0 + $1.throttledCalls } == 11)
    for (stream, name) in zip(reads, KinesisTrial.streams) {
      let stored = trial.kinesis.records(of: name)
      #expect(stream.shards.map(\.records) == stored.map(\.count))
      #expect(
        stream.shards.map(\.bytes) == stored.map { $0.reduce(0) { $0 + $1.data.count } }
      )
      #expect(stream.shards.allSatisfy { $0.iteratorAgeMilliseconds == 0 })
      #expect(stream.iteratorAgeMilliseconds == 0)
      #expect(stream.records == stored.reduce(0) { $0 + $1.count })
      #expect(stream.bytes == stream.shards.reduce(0) { $0 + $1.bytes })
      #expect(stream.throttledCalls == stream.shards.reduce(0) { $0 + $1.throttledCalls })
      #expect(stream.shards.allSatisfy { $0.calls >= $0.records / 100 + $0.throttledCalls })
    }
    let text = try trial.start(["status"]).wait().output
    #expect(text.contains("\nread of the log, by all workers:\n  clicks    3 shards: "), "\(text)")
    #expect(text.contains(" throttled; \(Self.grouped(reads[0].records)) records ("), "\(text)")
    #expect(text.contains(" in, iterator age 0.0 s\n"), "\(text)")
  }

  @Test func `a worker that is behind says how far while it reads`() throws {
    let trial = try KinesisTrial(clicks: 1, checkouts: 1)
    try trial.generate(events: 4000, seed: 42)
    try trial.deliver()
    trial.kinesis.withState { $0.pageLimit = 5 }
    let worker = try trial.startWorker()
    // What was put arrived over the last hour.
    var ages: [Int] = []
    try trial.job.wait(for: worker) {
      ages += try Self.status(trial).reads.compactMap(\.iteratorAgeMilliseconds)
      return ages.contains { $0 > 60_000 }
    }
    #expect(ages.allSatisfy { $0 <= 3_700_000 }, "\(ages)")
    trial.kinesis.withState { $0.pageLimit = 10_000 }
    try trial.job.wait(for: worker) {
      let reads = try Self.status(trial).reads
      return reads.count == 2 && reads.allSatisfy { $0.iteratorAgeMilliseconds == 0 }
    }
    try trial.stop([worker])
  }

  private static func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : "\(number / 1000),\("\(1000 + number % 1000)".dropFirst())"
  }
}
