import Connect
import KafkaConnect
import Logging
import Programs

/// Which log a command means, with what is needed to reach it, checked before anything is touched.
struct SourceChoice: CustomStringConvertible {
  private let uri: StreamURI
  /// Of a log on Kafka.
  let kafka: KafkaSettings?

  /// - Throws: `.usage` for a kind of log that this build does not read, and for settings that its
  ///   client library does not take.
  init(_ uri: StreamURI, _ configuration: Configuration) throws(ConnectorError) {
    self.uri = uri
    switch uri {
    case .file:
      kafka = nil
    case .kafka(let brokers, let prefix):
      kafka = try KafkaSettings(
        brokers: brokers,
        prefix: prefix,
        properties: configuration.properties(of: "kafka")
      )
    case .kinesis:
      throw ConnectorError(
        .usage,
        "stream \(uri) cannot be read: this build reads file logs and Kafka",
        hint: "write file:DIR or kafka://HOST:PORT/PREFIX"
      )
    }
  }

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
