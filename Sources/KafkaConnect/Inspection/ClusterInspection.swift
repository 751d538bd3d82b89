import CRDKafka
package import Connect
package import Dataflow
package import Logging

/// Looks a cluster over for what would keep a job from reading it; changes nothing.
package struct ClusterInspection {
  private static let readTimeout = Duration.seconds(10)
  /// Offsets before the end that are read: the last ones may be markers of transactions.
  private static let tailLength: Int64 = 16

  private let settings: KafkaSettings
  private let client: KafkaClient
  private let logger: Logger

  /// Connects in the background.
  package init(_ settings: KafkaSettings, logger: Logger) throws(ConnectorError) {
    self.settings = settings
    self.logger = logger.withoutWarnings
    client = try KafkaClient(settings, role: .consumer, logger: logger.withoutWarnings)
  }

  /// What the cluster says of a topic; nil when there is none.
  ///
  /// Throws when no broker answers in time, or the cluster refuses.
  package func describe(
    _ topic: String,
    atMost timeout: Duration
  ) throws(ConnectorError) -> TopicDescription? {
    try client.describe(topic, before: .now + timeout)
  }

  /// Checks that this user may be a member of the group of the workers that feed a sink.
  ///
  /// - Parameter sinkIdentity: the sink's; nil when there is none yet.
  /// - Returns: the group's name.
  /// - Throws: when the cluster refuses, or has no coordinator for it.
  package func checkGroup(feeding sinkIdentity: String?) throws(ConnectorError) -> String {
    let group = settings.groupName(feeding: sinkIdentity ?? "doctor")
    let member = try KafkaClient(
      settings,
      role: .member,
      properties: ["group.id": group],
      logger: logger
    )
    try member.checkCoordinator(of: group, atMost: Self.readTimeout)
    return group
  }

  /// A message's timestamp and whose clock it is of.
  package struct Stamp: Hashable, Sendable {
    package var time: EventTime
    /// Otherwise the producer's.
    package var isBrokers: Bool
  }

  /// The latest timestamp among the last messages of a topic's partitions; nil when there is none.
  package func newestStamp(
    of stream: StreamKind,
    partitionCount: Int
  ) throws(ConnectorError) -> Stamp? {
    guard let topic = rd_kafka_topic_new(client.handle, settings.topic(of: stream), nil) else {
      throw client.error(rd_kafka_last_error(), attempting: "read the last messages")
    }
    let queue = rd_kafka_queue_new(client.handle)
    let tail = Int64(RD_KAFKA_OFFSET_TAIL_BASE) - Self.tailLength
    for partition in 0..<partitionCount {
      rd_kafka_consume_start_queue(topic, Int32(partition), tail, queue)
    }
    defer {
      for partition in 0..<partitionCount { rd_kafka_consume_stop(topic, Int32(partition)) }
      rd_kafka_queue_destroy(queue)
      rd_kafka_topic_destroy(topic)
    }
    var newest: Stamp?
    var ended = 0
    let deadline = ContinuousClock.now + Self.readTimeout
    while ended < partitionCount, ContinuousClock.now < deadline {
      guard let message = rd_kafka_consume_queue(queue, 100) else { continue }
      defer { rd_kafka_message_destroy(message) }
      if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR {
        ended += 1
      } else if let stamp = Self.stamp(of: message) {
        newest = newest.map { $0.time < stamp.time ? stamp : $0 } ?? stamp
      }
    }
    return newest
  }

  /// Nil for a message without one.
  private static func stamp(of message: UnsafePointer<rd_kafka_message_t>) -> Stamp? {
    var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    let milliseconds = rd_kafka_message_timestamp(message, &type)
    guard type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE, milliseconds > 0 else { return nil }
    let (microseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1000)
    return overflow
      ? nil
      : Stamp(
        time: EventTime(microseconds: microseconds),
        isBrokers: type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME
      )
  }
}
