import Connect
import Dataflow
import Foundation
import Generation
import KafkaConnect
import KinesisConnect
import Logging
import Programs

/// The log that events go to, as chosen by `--to`.
struct LogDestination {
  private static let greatestPartitionCount = 4096
  /// More than any cluster has brokers.
  private static let greatestReplicationFactor = 1000
  /// How long readers wait for events that are out of order, unless told otherwise.
  private static let readersPatience = EventSpan.minutes(5)
  private static let leastDisorder = EventSpan.seconds(30)

  let uri: StreamURI
  /// Of a new log; nil: its own default.
  private let partitions: Int?
  private let kind: Kind

  private enum Kind {
    case file(directory: String)
    case kafka(KafkaSettings, replicationFactor: Int?, logLevel: Logger.Level)
    case kinesis(KinesisSettings, makesMissing: Bool)
  }

  /// - Throws: `.usage`, before anything is touched.
  init(_ options: OutputOptions, _ configuration: Configuration) throws {
    let log = try LogChoice(configuration.given("to", option: options.to))
    uri = log.uri
    let partitions = try configuration.givenCount(
      "partitions",
      option: options.partitions,
      atMost: Self.greatestPartitionCount
    )
    let replicationFactor = try configuration.givenCount(
      "replication-factor",
      option: options.replicationFactor,
      atMost: Self.greatestReplicationFactor
    )
    let createStreams = try configuration.flag("create-streams", option: options.createStreams)
    self.partitions = try log.setting(partitions, for: .files, .kafka)?.count
    let copies = try log.setting(replicationFactor, for: .kafka)?.count
    let makesMissing = try log.setting(createStreams, for: .kinesis) ?? false
    switch uri {
    case .file(let directory):
      kind = .file(directory: directory)
    case .kafka(let brokers, let prefix):
      kind = .kafka(
        try KafkaSettings(
          brokers: brokers,
          prefix: prefix,
          properties: configuration.properties(of: "kafka")
        ),
        replicationFactor: copies,
        logLevel: try configuration.value("log-level", option: options.logLevel) ?? .info
      )
    case .kinesis(let region, let prefix, let endpoint):
      kind = .kinesis(
        try KinesisSettings(
          region: region,
          prefix: prefix,
          endpoint: endpoint,
          properties: configuration.properties(of: "kinesis")
        ),
        makesMissing: makesMissing
      )
    }
  }

  /// Refuses a path that leads to the log's own files.
  func requireOutside(_ path: String) throws(Failure) {
    guard case .file(let directory) = kind else { return }
    let folder = URL(filePath: path).resolvingSymlinksInPath().deletingLastPathComponent()
    let isInside = StreamKind.allCases.contains {
      URL(filePath: "\(directory)/\($0)").resolvingSymlinksInPath().path
        == folder.resolvingSymlinksInPath().path
    }
    guard isInside else { return }
    throw Failure(
      .usage,
      "could not write the answers to \"\(path)\": it is in the log that is written",
      hint: "Name a file elsewhere by --truth."
    )
  }

  /// How far a writer that sends in parallel may put events out of order, by their times: half of
  /// what the plan's own disorder leaves of the readers' patience.
  private static func writersDisorder(_ plan: Plan) -> EventSpan {
    let rest = readersPatience.microseconds - plan.disorder.microseconds
    return EventSpan(microseconds: max(leastDisorder.microseconds, rest / 2))
  }

  /// Opens the log; topics, directories and files are made where they are missing.
  ///
  /// - Parameter plan: of what will be written.
  /// - Returns: the log's writer.
  /// - Throws: when it cannot be reached, or is another than the one asked for.
  func makeWriter(of plan: Plan) throws(ConnectorError) -> any LogWriter {
    switch kind {
    case .file(let directory):
      try FileLogWriter(directory: directory, partitions: partitions)
    case .kafka(let settings, let replicationFactor, let logLevel):
      try KafkaLogWriter(
        settings,
        partitions: partitions,
        replicationFactor: replicationFactor,
        logger: Logger(label: "generator") { ConsoleLog(name: $0, level: logLevel) }
      )
    case .kinesis(let settings, let makesMissing):
      try KinesisLogWriter(
        settings,
        makesMissing: makesMissing,
        disorderLimit: Dictionary(
          uniqueKeysWithValues: StreamKind.allCases.map {
            ($0, plan.messageCount(of: $0, within: Self.writersDisorder(plan)))
          }
        ),
        client: KinesisClient(settings, environment: ProcessInfo.processInfo.environment)
      )
    }
  }
}
