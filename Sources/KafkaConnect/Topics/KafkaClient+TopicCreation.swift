import CRDKafka
import Connect

extension KafkaClient {
  private static let requestTimeout = Duration.seconds(15)
  private static let operationTimeout = Duration.seconds(10)

  /// Asks the cluster's controller to make topics; one that is there already is no error.
  ///
  /// - Parameters:
  ///   - names: of the topics.
  ///   - partitionCount: of each.
  ///   - replicationFactor: nil leaves it to the brokers, which needs Kafka 2.4 or newer.
  /// - Throws: what the cluster answers: no right, not enough brokers, a policy against it.
  func makeTopics(
    _ names: [String],
    partitionCount: Int,
    replicationFactor: Int?
  ) throws(ConnectorError) {
    var topics = names.map {
      rd_kafka_NewTopic_new($0, Int32(partitionCount), Int32(replicationFactor ?? -1), nil, 0)
    }
    defer { for topic in topics { if let topic { rd_kafka_NewTopic_destroy(topic) } } }
    let options = rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS)
    defer { rd_kafka_AdminOptions_destroy(options) }
    rd_kafka_AdminOptions_set_request_timeout(
      options,
      Self.requestTimeout.wholeMilliseconds,
      nil,
      0
    )
    rd_kafka_AdminOptions_set_operation_timeout(
      options,
      Self.operationTimeout.wholeMilliseconds,
      nil,
      0
    )
    let queue = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(queue) }
    rd_kafka_CreateTopics(handle, &topics, topics.count, options, queue)
    let patience = Self.requestTimeout + Self.operationTimeout
    // The answer comes at the latest by the request's own time-out.
    guard let event = rd_kafka_queue_poll(queue, patience.wholeMilliseconds) else {
      throw error(RD_KAFKA_RESP_ERR__TIMED_OUT, attempting: Self.attempt(names))
    }
    defer { rd_kafka_event_destroy(event) }
    try check(event, names)
  }

  private func check(_ event: OpaquePointer, _ names: [String]) throws(ConnectorError) {
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      let text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
      throw KafkaFailure(code: code, text: text)
        .connectorError(attempting: Self.attempt(names), of: settings)
    }
    var count = 0
    let answers = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event),
      &count
    )
    for answer in UnsafeBufferPointer(start: answers, count: count) {
      let code = rd_kafka_topic_result_error(answer)
      if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS {
        continue
      }
      let name = rd_kafka_topic_result_name(answer).map { String(cString: $0) } ?? ""
      let text = rd_kafka_topic_result_error_string(answer).map { String(cString: $0) } ?? ""
      var error = KafkaFailure(code: code, text: text)
        .connectorError(attempting: Self.attempt([name]), of: settings)
      error.hint = Self.hint(code)
      throw error
    }
  }

  private static func attempt(_ names: [String]) -> String {
    "make " + (names.count == 1 ? "topic " : "topics ")
      + names.map { "\"\($0)\"" }.joined(separator: " and ")
  }

  private static func hint(_ code: rd_kafka_resp_err_t) -> String {
    switch code {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      "give the user the right to create topics, or have them made beforehand"
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      "choose --replication-factor by the number of brokers"
    default: "have the topics made beforehand"
    }
  }
}
