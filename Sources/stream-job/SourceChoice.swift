import Connect
import Foundation
import KafkaConnect
import KinesisConnect
import Logging
import Programs

/// Which log a command means, with what is needed to reach it, checked before anything is touched.
struct SourceChoice: CustomStringConvertible {
  private let uri: StreamURI
  /// Of a log on Kafka.
  let kafka: KafkaSettings?
  /// Of a log on Kinesis.
  let kinesis: KinesisSettings?

  /// - Throws: `.usage` for settings that its client does not take.
  init(_ uri: StreamURI, _ configuration: Configuration) throws(ConnectorError) {
    self.uri = uri
    var kafka: KafkaSettings?
    var kinesis: KinesisSettings?
    switch uri {
    case .file: break
    case .kafka(let brokers, let prefix):
      kafka = try KafkaSettings(
        brokers: brokers,
        prefix: prefix,
        properties: configuration.properties(of: "kafka")
      )
    case .kinesis(let region, let prefix, let endpoint):
      kinesis = try KinesisSettings(
        region: region,
        prefix: prefix,
        endpoint: endpoint,
        properties: configuration.properties(of: "kinesis")
      )
    }
    self.kafka = kafka
    self.kinesis = kinesis
  }

  var isFileLog: Bool { if case .file = uri { true } else { false } }

  /// Opens the log; connects, if it is behind a network.
  ///
  /// - Parameters:
  ///   - gapPolicy: what to do about records that it no longer has.
  ///   - patience: how long it may take to answer.
  ///   - logger: for the state of connections.
  /// - Returns: the log, whose streams pair up.
  /// - Throws: when it cannot be reached or its two streams do not pair up.
  func open(
    gapPolicy: GapPolicy = .fail,
    patience: Duration = .seconds(15),
    logger: Logger
  ) throws(ConnectorError) -> any Source {
    let source: any Source
    if let kafka {
      source = try KafkaLog(kafka, gapPolicy: gapPolicy, reachTimeout: patience, logger: logger)
    } else if let kinesis {
      source = try KinesisLog(
        kinesis,
        client: KinesisClient(kinesis, environment: ProcessInfo.processInfo.environment),
        gapPolicy: gapPolicy,
        patience: patience,
        logger: logger
      )
    } else if case .file(let directory) = uri {
      source = try FileLog(directory: directory)
    } else {
      preconditionFailure("source \(uri) was chosen without its settings")
    }
    _ = try source.partitionCount()
    return source
  }

  var description: String { uri.description }
}
