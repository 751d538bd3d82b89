import CRDKafka
import Connect

extension KafkaClient {
  private static let requestTimeout = Duration.seconds(15)
  private static let operationTimeout = Duration.seconds(10)
  private static let retryInterval = Duration.milliseconds(500)

  /// Asks the cluster's controller to make topics; one that is there already is no error.
  ///
  /// The cluster makes topics one by one. So it is asked first whether it would make them, and when it
  /// refuses one of several, none is made. What passes (another controller, a broker that dies over the
  /// request, a quota of changes) is tried again.
  ///
  /// - Parameters:
  ///   - names: of the topics.
  ///   - partitionCount: of each.
  ///   - replicationFactor: nil leaves it to the brokers, which needs Kafka 2.4 or newer.
  ///   - patience: how long to go on trying.
  /// - Throws: what the cluster answers: no right, not enough brokers, a policy against it.
  func makeTopics(
    _ names: [String],
    partitionCount: Int,
    replicationFactor: Int?,
    atMost patience: Duration
  ) throws(ConnectorError) {
    let deadline = ContinuousClock.now + patience
    for isCheck in names.count > 1 ? [true, false] : [false] {
      var missing = names
      while true {
        let answer = try askForTopics(
          missing.map { NewTopic($0, partitionCount, replicationFactor) },
          isCheck: isCheck
        )
        missing = answer.passing
        guard !missing.isEmpty else { break }
        guard ContinuousClock.now < deadline, connectionError?.isRefusal != true else {
          throw error(answer.code, attempting: Self.attempt(missing))
        }
        poll(atMost: Self.retryInterval)
      }
    }
  }

  private struct NewTopic {
    var name: String
    var partitionCount: Int
    var replicationFactor: Int?

    init(_ name: String, _ partitionCount: Int, _ replicationFactor: Int?) {
      self.name = name
      self.partitionCount = partitionCount
      self.replicationFactor = replicationFactor
    }
  }

  /// What is to be asked for again, and why.
  private struct Answer {
    var passing: [String] = []
    var code = RD_KAFKA_RESP_ERR_NO_ERROR
  }

  /// Asks once; throws what will not pass.
  private func askForTopics(
    _ wishes: [NewTopic],
    isCheck: Bool
  ) throws(ConnectorError) -> Answer {
    var topics = wishes.map {
      rd_kafka_NewTopic_new(
        $0.name,
        Int32($0.partitionCount),
        Int32($0.replicationFactor ?? -1),
        nil,
        0
      )
    }
    defer { for topic in topics { if let topic { rd_kafka_NewTopic_destroy(topic) } } }
    let options = rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS)
    defer { rd_kafka_AdminOptions_destroy(options) }
    let requestTimeout = Self.requestTimeout.wholeMilliseconds
    rd_kafka_AdminOptions_set_request_timeout(options, requestTimeout, nil, 0)
    let operationTimeout = Self.operationTimeout.wholeMilliseconds
    rd_kafka_AdminOptions_set_operation_timeout(options, operationTimeout, nil, 0)
    rd_kafka_AdminOptions_set_validate_only(options, isCheck ? 1 : 0, nil, 0)
    let queue = rd_kafka_queue_new(handle)
    defer { rd_kafka_queue_destroy(queue) }
    rd_kafka_CreateTopics(handle, &topics, topics.count, options, queue)
    let names = wishes.map(\.name)
    let patience = Self.requestTimeout + Self.operationTimeout
    // The answer comes at the latest by the request's own time-out.
    guard let event = rd_kafka_queue_poll(queue, patience.wholeMilliseconds) else {
      return Answer(passing: names, code: RD_KAFKA_RESP_ERR__TIMED_OUT)
    }
    defer { rd_kafka_event_destroy(event) }
    return try take(event, names)
  }

  private func take(_ event: OpaquePointer, _ names: [String]) throws(ConnectorError) -> Answer {
    let code = rd_kafka_event_error(event)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      if Self.passes(code) { return Answer(passing: names, code: code) }
      let text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
      throw KafkaFailure(code: code, text: text)
        .connectorError(attempting: Self.attempt(names), of: settings)
    }
    var count = 0
    let topics = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event),
      &count
    )
    var answer = Answer()
    for topic in UnsafeBufferPointer(start: topics, count: count) {
      let code = rd_kafka_topic_result_error(topic)
      let name = rd_kafka_topic_result_name(topic).map { String(cString: $0) } ?? ""
      switch code {
      case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: continue
      case _ where Self.passes(code):
        answer.passing.append(name)
        answer.code = code
      default:
        let text = rd_kafka_topic_result_error_string(topic).map { String(cString: $0) } ?? ""
        var error = KafkaFailure(code: code, text: text)
          .connectorError(attempting: Self.attempt([name]), of: settings)
        error.hint = Self.hint(code)
        throw error
      }
    }
    return answer
  }

  /// True for what another try may find gone; a topic may have been made all the same.
  private static func passes(_ code: rd_kafka_resp_err_t) -> Bool {
    switch code {
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
      RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
      true
    default: KafkaFailure(code: code, text: "").isConnection
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
