package import Connect
import CRDKafka

/// What goes wrong with brokers.
extension LocalBroker {
  /// One broker by its number, or all of them.
  package enum Target: Hashable, Sendable, CustomStringConvertible {
    case all
    case broker(Int)

    package var description: String {
      switch self {
      case .all: "all brokers"
      case .broker(let number): "broker \(number)"
      }
    }
  }

  /// Drops the broker's connections and takes no new ones; its partitions keep it as their leader.
  package func takeDown(_ target: Target) throws(ConnectorError) {
    let number = try number(of: target)
    try perform("take \(target) down") { mock in
      heldPorts.stopListening(
        at: (0..<brokerCount).filter { target == .all || target == .broker($0 + 1) }
      )
      return rd_kafka_mock_broker_set_down(mock, number)
    }
  }

  /// Takes connections again, on the same port and with all that the broker held.
  package func bringUp(_ target: Target) throws(ConnectorError) {
    let number = try number(of: target)
    try perform("bring \(target) up") { rd_kafka_mock_broker_set_up($0, number) }
  }

  /// Has every answer come so much later, counted in whole milliseconds.
  package func setLatency(of target: Target, to latency: Duration) throws(ConnectorError) {
    let number = try number(of: target)
    let milliseconds = Int32(clamping: Int64(latency / .milliseconds(1)))
    try perform("delay the answers of \(target)") {
      rd_kafka_mock_broker_set_rtt($0, number, milliseconds)
    }
  }

  /// Answers the next `count` requests of a kind, at whichever broker, with an error.
  ///
  /// - Parameters:
  ///   - request: what the clients ask for.
  ///   - error: Kafka's name for it as librdkafka spells it, such as `NOT_LEADER_FOR_PARTITION`;
  ///     `_TRANSPORT` breaks the connection off instead of answering.
  ///   - count: how many requests.
  /// - Throws: a usage error for an error that there is not.
  package func fail(
    _ request: Request,
    with error: String,
    count: Int = 1
  ) throws(ConnectorError) {
    let codes = Array(repeating: try Self.code(named: error), count: count)
    try perform("fail \(request) requests") { mock in
      rd_kafka_mock_push_request_errors_array(mock, request.key, codes.count, codes)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }
  }

  /// Answers questions about a topic with an error, until told another: nil for none.
  ///
  /// `UNKNOWN_TOPIC_OR_PART` is what clients see of a deleted topic.
  package func setError(ofTopic topic: String, to error: String?) throws(ConnectorError) {
    let code = try error.map(Self.code) ?? RD_KAFKA_RESP_ERR_NO_ERROR
    try perform("set an error of the topic \"\(topic)\"") { mock in
      rd_kafka_mock_topic_set_error(mock, topic, code)
      return RD_KAFKA_RESP_ERR_NO_ERROR
    }
  }

  /// Moves a partition to another leader, as when a broker fails for good, or to none; the records
  /// stay.
  package func moveLeader(
    ofTopic topic: String,
    partition: Int,
    to broker: Int?
  ) throws(ConnectorError) {
    let number = try number(of: broker.map(Target.broker))
    let leader = broker.map { "\(Target.broker($0))" } ?? "no broker"
    try perform("make \(leader) the leader of \"\(topic)\" \(partition)") {
      rd_kafka_mock_partition_set_leader($0, topic, Int32(partition), number)
    }
  }

  /// Has another broker keep a consumer group.
  package func moveCoordinator(ofGroup group: String, to broker: Int) throws(ConnectorError) {
    let number = try number(of: .broker(broker))
    try perform("make \(Target.broker(broker)) the coordinator of \"\(group)\"") {
      rd_kafka_mock_coordinator_set($0, "group", group, number)
    }
  }

  /// As the mock counts: -1 for all, or for none.
  private func number(of target: Target?) throws(ConnectorError) -> Int32 {
    switch target {
    case .all, nil: return -1
    case .broker(let number):
      guard (1...brokerCount).contains(number) else {
        throw ConnectorError(
          .usage,
          "there is no broker \(number): expected 1 to \(brokerCount)"
        )
      }
      return Int32(number)
    }
  }

  private static func code(named name: String) throws(ConnectorError) -> rd_kafka_resp_err_t {
    var descriptions: UnsafePointer<rd_kafka_err_desc>?
    var count = 0
    rd_kafka_get_err_descs(&descriptions, &count)
    for description in UnsafeBufferPointer(start: descriptions, count: count) {
      guard let found = description.name, name == String(cString: found) else { continue }
      return description.code
    }
    throw ConnectorError(
      .usage,
      "there is no Kafka error \"\(name)\"",
      hint: "write one as NOT_LEADER_FOR_PARTITION, REQUEST_TIMED_OUT or _TRANSPORT"
    )
  }
}
