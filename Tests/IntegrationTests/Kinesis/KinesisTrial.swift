import Connect
import Dataflow
import Foundation
import TestSupport
import Testing

/// A fake of Kinesis over HTTP, workers that read it into a database, and the referees of `JobTrial`.
///
///     generator -> file log -> fake -> worker, worker, ... -> PostgreSQL <- verify, truth file
///
/// The log is put into the streams share by share, so that much can happen in between.
final class KinesisTrial {
  static let slices = 6
  static let streams = ["shop-clicks", "shop-checkouts"]

  let job: JobTrial
  let kinesis: FakeKinesis
  var uri: String { kinesis.uri("shop") }
  /// Lines of the log, by stream, and how many of them are put.
  private var lines: [[[UInt8]]] = [[], []]
  private var delivered = [0, 0]
  private let start = EventTime.wallClock - .hours(1)

  init(clicks: Int = 3, checkouts: Int = 2) throws {
    job = try JobTrial()
    kinesis = try FakeKinesis(["shop-clicks": clicks, "shop-checkouts": checkouts])
  }

  deinit { kinesis.stop() }

  // MARK: - The streams

  /// Eight hours of events with all that goes wrong, and their truth file; nothing is put yet.
  func generate(events: Int, seed: Int) throws {
    try job.generate(events: events, partitions: 1, seed: seed)
    for (index, stream) in ["clicks", "checkouts"].enumerated() {
      let folder = job.directory.url.appending(path: "log/\(stream)")
      for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
        let text = try Data(contentsOf: folder.appending(path: file))
        lines[index] += text.split(separator: UInt8(ascii: "\n")).map { Array($0) }
      }
    }
  }

  /// Puts everything up to this share of either stream, as if it had arrived over the last hour.
  func deliver(upTo share: Double = 1) throws {
    for (index, stream) in Self.streams.enumerated() {
      let end = Int(Double(lines[index].count) * share)
      let batch = lines[index][delivered[index]..<end]
      delivered[index] = end
      try kinesis.withState { state in
        for (place, line) in zip(batch.indices, batch) {
          _ = try state.store(
            line,
            partitionKey: Self.key(of: line),
            in: stream,
            at: start + .seconds(Int64(3600 * place / lines[index].count))
          )
        }
      }
    }
  }

  /// The line's user, as a producer would know him; some lines have none.
  private static func key(of line: [UInt8]) -> String {
    let text = String(decoding: line, as: UTF8.self)
    guard let user = text.firstMatch(of: #/"user_id": ?"([^"]+)"/#) else { return "nobody" }
    return String(user.1.prefix(256))
  }

  /// Splits and merges shards of both streams.
  func reshard(using random: inout some RandomNumberGenerator) {
    for stream in Self.streams {
      let open = kinesis.withState { $0.openShards(of: stream) }
      guard let shard = open.randomElement(using: &random) else { continue }
      let isMerge = open.count > 4 || Bool.random(using: &random)
      kinesis.withState { state in
        if !isMerge || !state.merge(shard, of: stream) { state.split(shard, of: stream) }
      }
    }
  }

  // MARK: - Programs

  func startWorker(
    _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    try start(["run", "--from", uri, "--workers", "2"] + arguments, environment: environment)
  }

  func start(
    _ arguments: [String],
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    let settings = [
      "FIRSTCLICK_KINESIS_SLICES": "\(Self.slices)", "FIRSTCLICK_KINESIS_POLL_INTERVAL": "200ms",
    ]
    return try job.start(
      "stream-job",
      arguments,
      environment: settings.merging(kinesis.environment) { $1 }.merging(environment) { $1 }
    )
  }

  func stop(_ workers: [ProgramRun]) throws { try job.stop(workers) }

  /// Runs a worker to the end, and asks both referees.
  func expectRightEnd(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let verdict = try job.expectRightEnd(
      of: startWorker(["--until-end"]),
      sourceLocation: sourceLocation
    )
    expectEveryRecord(verdict, sourceLocation)
  }

  func expectRightRows(sourceLocation: SourceLocation = #_sourceLocation) throws {
    let verdict = try job.expectRightRows(sourceLocation: sourceLocation)
    expectEveryRecord(verdict, sourceLocation)
  }

  private func expectEveryRecord(
    _ verdict: JobTrial.Verdict,
    _ sourceLocation: SourceLocation
  ) {
    #expect(verdict.records == lines[0].count + lines[1].count, sourceLocation: sourceLocation)
  }

  // MARK: - What is so

  /// Waits until the workers have leased all tasks between them, each as many as its share.
  func waitForEvenTasks(_ workers: [ProgramRun]) throws {
    try job.waitForEvenTasks(workers, of: Self.slices) {
      try job.taskCounts(
        by: "SELECT split_part(worker, ':', 2), count(*) FROM ecommerce.task_leases GROUP BY 1"
      )
    }
  }
}
