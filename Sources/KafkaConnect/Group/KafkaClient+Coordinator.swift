import CRDKafka
import Connect

extension KafkaClient {
  /// Asks the group's coordinator something, for a client that has the group's name.
  ///
  /// Throws when the cluster refuses, or when nobody answers in time. That brokers are reached and
  /// none of them coordinates the group, librdkafka reports as a time-out only.
  func checkCoordinator(of group: String, atMost timeout: Duration) throws(ConnectorError) {
    let list = rd_kafka_topic_partition_list_new(1)
    defer { rd_kafka_topic_partition_list_destroy(list) }
    rd_kafka_topic_partition_list_add(list, settings.topic(of: .clicks), 0)
    let code = rd_kafka_committed(handle, list, timeout.wholeMilliseconds)
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    poll()
    guard KafkaFailure(code: code, text: "").isConnection, recentConnectionError == nil else {
      throw error(code, attempting: "find the group \"\(group)\"")
    }
    throw ConnectorError(
      .transient,
      "could not find the group \"\(group)\" at \(settings): its coordinator is not available",
      hint: "see that the brokers are all up and can write the topic __consumer_offsets, which "
        + "holds the groups"
    )
  }
}
