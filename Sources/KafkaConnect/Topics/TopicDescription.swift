import CRDKafka
import Connect

/// A topic and the cluster around it, as one broker describes them.
package struct TopicDescription: Hashable, Sendable {
  /// `HOST:PORT`, by the brokers' own account, which clients must be able to reach.
  package var brokers: [String]
  package var partitionCount: Int
  /// Partitions that can be neither written nor read for now.
  package var leaderless: [Int]
  /// Partitions with a replica that has fallen behind or is gone.
  package var underReplicatedCount: Int

  /// Asks once.
  ///
  /// - Parameters:
  ///   - topic: its name; it is not made by asking.
  ///   - client: of any role.
  ///   - timeout: for the answer.
  /// - Returns: nil when there is no topic of that name; the error's code when there is no answer.
  static func ask(
    _ topic: String,
    _ client: KafkaClient,
    atMost timeout: Duration
  ) -> Result<TopicDescription?, KafkaFailure> {
    guard let handle = rd_kafka_topic_new(client.handle, topic, nil) else {
      return .failure(KafkaFailure(code: rd_kafka_last_error(), text: ""))
    }
    defer { rd_kafka_topic_destroy(handle) }
    var metadata: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(client.handle, 0, handle, &metadata, timeout.wholeMilliseconds)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
      return .failure(KafkaFailure(code: code, text: ""))
    }
    defer { rd_kafka_metadata_destroy(metadata) }
    guard let entry = metadata.pointee.topics, metadata.pointee.topic_cnt > 0 else {
      return .success(nil)
    }
    switch entry.pointee.err {
    case RD_KAFKA_RESP_ERR_NO_ERROR where entry.pointee.partition_cnt > 0:
      return .success(TopicDescription(metadata.pointee, entry.pointee))
    case RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
      RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      return .success(nil)
    default:
      return .failure(KafkaFailure(code: entry.pointee.err, text: ""))
    }
  }

  private init(_ cluster: rd_kafka_metadata, _ topic: rd_kafka_metadata_topic) {
    brokers = UnsafeBufferPointer(start: cluster.brokers, count: Int(cluster.broker_cnt)).map {
      "\(String(cString: $0.host)):\($0.port)"
    }
    let partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
    partitionCount = partitions.count
    leaderless = partitions.filter { $0.leader < 0 }.map { Int($0.id) }.sorted()
    underReplicatedCount = partitions.count { $0.isr_cnt < $0.replica_cnt }
  }
}
