import CRDKafka
import Connect

/// The partitions of a stream's two topics, as the cluster says.
struct TopicLayout: Hashable, Sendable {
  /// Of the cluster: the same whichever brokers are named.
  var clusterID: String
  /// By stream, at least 1 each.
  var partitionCounts: [StreamKind: Int]

  /// A topic that was made just now is not known everywhere at once.
  private static let creationTimeout = Duration.seconds(3)
  private static let introductionTime = Duration.milliseconds(10)
  private static let pause = Duration.milliseconds(100)

  /// Asks the cluster, and waits for it up to `timeout`.
  ///
  /// Throws a refusal (credentials, certificate, permission) as soon as a broker says it; a topic
  /// that is not there after a moment; and that no broker was reached in time.
  init(of client: KafkaClient, atMost timeout: Duration) throws(ConnectorError) {
    let deadline = ContinuousClock.now + timeout
    let handles = Self.introduce(to: client)
    defer { for handle in handles.values { rd_kafka_topic_destroy(handle) } }
    partitionCounts = [:]
    for stream in StreamKind.allCases {
      partitionCounts[stream] = try Self.partitionCount(of: stream, client, before: deadline)
    }
    let remaining = max(.milliseconds(1), deadline - .now)
    if let id = rd_kafka_clusterid(client.handle, remaining.wholeMilliseconds) {
      clusterID = String(cString: id)
      rd_kafka_mem_free(client.handle, id)
    } else {
      clusterID = ""
    }
  }

  /// Makes both topics known to a client, which asks for them by itself, and gives the answer a moment.
  ///
  /// A question right behind would be answered late by a broker that delays small packets, as the
  /// local one does: only once the first answer is acknowledged, after 40 ms.
  ///
  /// - Returns: librdkafka's handles, the caller's to destroy.
  static func introduce(to client: KafkaClient) -> [StreamKind: OpaquePointer] {
    var handles: [StreamKind: OpaquePointer] = [:]
    for stream in StreamKind.allCases {
      handles[stream] = rd_kafka_topic_new(client.handle, client.settings.topic(of: stream), nil)
    }
    client.poll(atMost: introductionTime)
    return handles
  }

  /// Number of partitions of both topics.
  ///
  /// Throws when they differ.
  func partitionCount(of settings: KafkaSettings) throws(ConnectorError) -> Int {
    let clicks = partitionCounts[.clicks] ?? 0
    let checkouts = partitionCounts[.checkouts] ?? 0
    guard clicks == checkouts else {
      throw ConnectorError(
        .permanent,
        "topic \"\(settings.topic(of: .clicks))\" has \(clicks) partitions, "
          + "\"\(settings.topic(of: .checkouts))\" has \(checkouts): a user's clicks and checkouts "
          + "would not meet",
        hint: "give both topics the same number of partitions; `kafka-topics --alter` adds some, "
          + "which moves users to other partitions"
      )
    }
    return clicks
  }

  /// What one answer of the cluster says of a topic.
  enum Answer {
    case partitions(Int)
    case missing
    case failed(rd_kafka_resp_err_t)
  }

  /// Asks once.
  static func ask(_ client: KafkaClient, _ stream: StreamKind, atMost timeout: Duration) -> Answer {
    let topic = client.settings.topic(of: stream)
    switch TopicDescription.ask(topic, client, atMost: timeout) {
    case .success(let description?): return .partitions(description.partitionCount)
    case .success(nil): return .missing
    case .failure(let failure): return .failed(failure.code)
    }
  }

  private static func partitionCount(
    of stream: StreamKind,
    _ client: KafkaClient,
    before deadline: ContinuousClock.Instant
  ) throws(ConnectorError) -> Int {
    let topic = client.settings.topic(of: stream)
    let start = ContinuousClock.now
    while true {
      if let topic = try client.describe(topic, before: deadline) { return topic.partitionCount }
      guard start.duration(to: .now) < min(creationTimeout, deadline - start) else {
        throw ConnectorError(
          .permanent,
          "topic \"\(topic)\" does not exist at \(client.settings)",
          hint: "make it, or have `swift run generator --to \(client.settings)` make both"
        )
      }
      client.poll(atMost: pause)
    }
  }
}
