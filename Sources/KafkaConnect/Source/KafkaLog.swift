package import Connect
package import Logging
import Synchronization

/// A stream on Kafka: the topics PREFIX-clicks and PREFIX-checkouts, partition p of both a task.
///
/// Partitions are assigned explicitly and positions come from the sink: no consumer group decides
/// what is read, so that nothing but the sink's compare-and-set decides who owns a task. The group
/// (`KafkaMembership`) only spreads the tasks.
package final class KafkaLog: Source {
  package let identity: String
  private let settings: KafkaSettings
  private let gapPolicy: GapPolicy
  private let intervals: WatchIntervals
  private let logger: Logger
  private let partitions: Int
  /// Made when the first partition is opened.
  private let connection = Mutex<KafkaConnection?>(nil)

  /// Reaches the cluster and reads how the topics are laid out.
  ///
  /// - Parameters:
  ///   - settings: where and how.
  ///   - gapPolicy: what to do about messages that the topics no longer have.
  ///   - reachTimeout: how long the cluster may take to answer before it counts as out of reach.
  ///   - intervals: how often the cluster is asked whether its topics are still what they were.
  ///   - logger: for the state of connections, and one warning a partition whose keys are no users.
  /// - Throws: when no broker can be reached, a topic is missing, or their partitions do not pair up.
  package init(
    _ settings: KafkaSettings,
    gapPolicy: GapPolicy = .fail,
    reachTimeout: Duration = .seconds(15),
    watch intervals: WatchIntervals = WatchIntervals(),
    logger: Logger
  ) throws(ConnectorError) {
    let client = try KafkaClient(settings, role: .consumer, logger: logger.withoutWarnings)
    let layout = try TopicLayout(of: client, atMost: reachTimeout)
    partitions = try layout.partitionCount(of: settings)
    identity = "kafka:\(layout.clusterID)/\(settings.prefix)"
    self.settings = settings
    self.gapPolicy = gapPolicy
    self.intervals = intervals
    self.logger = logger
  }

  package func partitionCount() -> Int { partitions }

  package var lagUnit: LagUnit { .messages }

  package func open(
    _ stream: StreamKind,
    partition: Int,
    at position: SourcePosition?,
    until bound: ReadBound
  ) throws(ConnectorError) -> any PartitionReader {
    guard partition < partitions else {
      throw ConnectorError(
        .permanent,
        "topic \(settings.topic(of: stream)) has \(partitions) partitions, partition \(partition) "
          + "is not among them",
        hint: "partitions are never taken away from a topic: was it made anew?"
      )
    }
    let end: KafkaPosition? =
      if case .position(let end) = bound { try KafkaPosition(end) } else { nil }
    return KafkaPartitionReader(
      PartitionFeed(try connected(isBounded: bound == .endOfLog), stream, partition: partition),
      from: try KafkaPosition(position),
      until: bound,
      end: end?.offset,
      gapPolicy: gapPolicy.forReading(until: bound)
    )
  }

  package func joinGroup(
    feeding sinkIdentity: String
  ) throws(ConnectorError) -> (any TaskAssignment)? {
    try KafkaMembership(
      settings,
      group: settings.groupName(feeding: sinkIdentity),
      partitionCount: partitions,
      intervals: intervals,
      logger: logger
    )
  }

  /// The connection, made for a partition that is read to its end only, or not.
  private func connected(isBounded: Bool) throws(ConnectorError) -> KafkaConnection {
    try connection.withLock { connection throws(ConnectorError) in
      if let connection { return connection }
      let new = try KafkaConnection(
        settings,
        partitionCount: partitions,
        isBounded: isBounded,
        intervals: intervals,
        logger: logger
      )
      connection = new
      return new
    }
  }
}

extension Logger {
  /// For a first look at a cluster, whose trouble is thrown: said once.
  var withoutWarnings: Logger {
    guard logLevel > .debug else { return self }
    var logger = self
    logger.logLevel = max(logLevel, .error)
    return logger
  }
}
