import Connect
import Foundation
import KafkaConnect
import PostgresConnect
import TestSupport
import Testing

/// A local broker, workers that read it into a database, and the referees of `JobTrial`.
///
///     generator -> broker -> worker, worker, ... -> PostgreSQL <- verify, truth file
final class KafkaTrial {
  let partitions: Int
  let job: JobTrial
  let broker: LocalBroker
  /// Where programs reach the broker, and how; set for listeners of another kind.
  var bootstrap: String
  var connection: [String: String] = [:]
  var uri: String { "kafka://\(bootstrap)/shop" }

  /// A trial on a database of its own on the shared cluster, unless `address` names one.
  init(brokers: Int = 1, partitions: Int = 8, address: PostgresAddress? = nil) throws {
    self.partitions = partitions
    job = try JobTrial(address: address)
    broker = try LocalBroker(brokerCount: brokers)
    bootstrap = broker.bootstrap
    try broker.makeTopics(prefix: "shop", partitionCount: partitions)
  }

  /// Writes what no generator would.
  func writer(compression: String = "none") throws -> TopicWriter {
    let settings = try KafkaSettings(
      brokers: broker.bootstrap.split(separator: ",").map(String.init),
      prefix: "shop"
    )
    return try TopicWriter(settings, compression: compression)
  }

  /// Has brokers lead partitions, by number, of both topics.
  func lead(by broker: (_ partition: Int) -> Int) throws {
    for stream in StreamKind.allCases {
      for partition in 0..<partitions {
        try self.broker.moveLeader(
          ofTopic: "shop-\(stream.rawValue)",
          partition: partition,
          to: broker(partition)
        )
      }
    }
  }

  /// Waits until nothing more comes to the broker: what was sent to it is stored and answered.
  func waitForSilence() throws {
    var count = -1
    while true {
      let former = count
      count = try StreamKind.allCases.reduce(0) { sum, stream in
        try TopicReader(broker.bootstrap).messages(of: "shop-\(stream.rawValue)").joined().count
          + sum
      }
      if count == former { return }
      usleep(500_000)
    }
  }

  // MARK: - Programs

  /// Eight hours of events with all that goes wrong, and their truth file; `rate` is in events a
  /// second, nil writes them at once.
  func startGenerator(
    events: Int,
    seed: Int,
    start: String = "2025-01-01T00:00:00Z",
    rate: Int? = nil,
    compression: String = "lz4"
  ) throws -> ProgramRun {
    try job.start(
      "generator",
      [
        "--to", uri, "--events", "\(events)", "--partitions", "\(partitions)",
        "--seed", "\(seed)", "--users", "\(events / 75)", "--span", "8h",
        "--start", start, "--truth", "truth.csv",
      ] + (rate.map { ["--rate", "\($0)"] } ?? ["--max-speed"]) + JobTrial.flaws,
      environment: connection.merging(["FIRSTCLICK_KAFKA_COMPRESSION_CODEC": compression]) { $1 }
    )
  }

  func generate(
    events: Int,
    seed: Int,
    start: String = "2025-01-01T00:00:00Z",
    compression: String = "lz4"
  ) throws {
    let outcome = try startGenerator(
      events: events,
      seed: seed,
      start: start,
      compression: compression
    ).wait()
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
  }

  func startWorker(
    _ arguments: [String] = [],
    environment: [String: String] = [:]
  ) throws -> ProgramRun {
    let settings = [
      "FIRSTCLICK_KAFKA_SESSION_TIMEOUT_MS": "6000",
      "FIRSTCLICK_KAFKA_HEARTBEAT_INTERVAL_MS": "200",
    ]
    return try job.start(
      "stream-job",
      ["run", "--from", uri, "--workers", "2"] + arguments,
      environment: settings.merging(connection) { $1 }.merging(environment) { $1 }
    )
  }

  // MARK: - What is so

  /// How many tasks each worker has now, by the sessions that it holds.
  func taskCounts() throws -> [pid_t: Int] {
    try job.taskCounts(
      by: """
        SELECT split_part(owner, ':', 2), count(*)
        FROM ecommerce.stream_progress AS p
        WHERE EXISTS (
          SELECT FROM pg_locks AS l
          WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.objid = p.task::oid
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )
        GROUP BY 1
        """
    )
  }

  /// Waits until the workers have all tasks between them, each as many as its share.
  func waitForEvenTasks(_ workers: [ProgramRun]) throws {
    try job.waitForEvenTasks(workers, of: partitions) { try taskCounts() }
  }

  func stop(_ workers: [ProgramRun]) throws { try job.stop(workers) }

  /// Runs to the end of the log with one worker, and asks both referees.
  @discardableResult
  func expectRightEnd(
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> JobTrial.Verdict {
    try job.expectRightEnd(of: startWorker(["--until-end"]), sourceLocation: sourceLocation)
  }
}
