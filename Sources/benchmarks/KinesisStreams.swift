import AWSClient
import Connect
import Dataflow
import Foundation
import Generation
import KinesisConnect
import Logging
import Synchronization

/// Events in the streams of a service of another process, moto's, which takes some of the machine.
final class KinesisStreams: Sendable {
  let lineCount: Int
  let byteCount: Int
  private let settings: KinesisSettings

  /// Made once for all of a run's benchmarks.
  static func shared(in context: BenchmarkContext) throws -> KinesisStreams {
    try context.shared("kinesis") { try KinesisStreams(in: context) }
  }

  private init(in context: BenchmarkContext) throws {
    let moto = try MotoProcess()
    context.atEnd { moto.stop() }
    settings = try KinesisSettings(
      region: "eu-west-1",
      prefix: "shop",
      endpoint: moto.address
    )
    // moto looks through a shard from its start at every call: 10,000 records of each is enough.
    let count = context.scaled(120_000)
    let plan = Plan(spreading: count, over: .hours(12))
    let writer = try KinesisLogWriter(
      settings,
      makesMissing: true,
      disorderLimit: Dictionary(
        uniqueKeysWithValues: StreamKind.allCases.map {
          ($0, plan.messageCount(of: $0, within: .minutes(2)))
        }
      ),
      client: Self.client(settings)
    )
    var generator = try Generator(plan: plan, writer: writer)
    while !generator.isDone { try generator.make(atMost: 4096) }
    try generator.finish()
    lineCount = generator.statistics.events
    byteCount = generator.statistics.bytes
  }

  private static func client(_ settings: KinesisSettings) -> KinesisClient {
    KinesisClient(
      settings,
      environment: ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"]
    )
  }

  func log() throws -> KinesisLog {
    try KinesisLog(
      settings,
      client: Self.client(settings),
      logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
    )
  }

  /// Gets every record of both streams, a thread for each shard, and drops them: as fast as the
  /// service answers.
  ///
  /// - Returns: how many there were.
  /// - Throws: what the service refuses.
  func getAll() throws -> Int {
    let client = Self.client(settings)
    var shards: [(stream: String, id: String)] = []
    for stream in StreamKind.allCases {
      let name = settings.streamName(of: stream)
      shards += try client.listShards(of: name).map { (name, $0.id) }
    }
    let total = Atomic(0)
    let parts = shards
    try concurrently(parts.count) { index in
      let (stream, shard) = parts[index]
      var next: ShardIterator? = try client.shardIterator(of: shard, in: stream, from: .trimHorizon)
      while let iterator = next {
        let page = try client.records(from: iterator, of: shard, in: stream)
        total.add(page.records.count, ordering: .relaxed)
        next = page.millisecondsBehind == 0 ? nil : page.next
      }
    }
    return total.load(ordering: .relaxed)
  }
}
