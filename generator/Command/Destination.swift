import Connect
import KafkaConnect
import Logging
import Programs

/// The log that events go to, as chosen by `--to`.
struct Destination {
  static let defaultURI = "file:.firstclick/log"
  /// More than any cluster has brokers.
  private static let greatestReplicationFactor = 1000

  let uri: StreamURI
  private let kind: Kind

  private enum Kind {
    case file(directory: String)
    case kafka(KafkaSettings, replicationFactor: Int?, logLevel: Logger.Level)
  }

  /// - Throws: `.usage`, before anything is touched.
  init(_ options: OutputOptions, _ configuration: Configuration) throws {
    uri = try StreamURI(parsing: configuration.value("to", option: options.to) ?? Self.defaultURI)
    let replicationFactor = try configuration.count(
      "replication-factor",
      option: options.replicationFactor,
      atMost: Self.greatestReplicationFactor
    )
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
        replicationFactor: replicationFactor,
        logLevel: try configuration.value("log-level", option: options.logLevel) ?? .info
      )
    case .kinesis:
      throw Failure(
        .usage,
        "stream \(uri) cannot be written by this build",
        hint: "Write --to file:DIR or kafka://HOST:PORT/PREFIX."
      )
    }
  }

  /// Opens the log; topics, directories and files are made where they are missing.
  func makeWriter(partitions: Int?) throws(ConnectorError) -> any LogWriter {
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
    }
  }
}
