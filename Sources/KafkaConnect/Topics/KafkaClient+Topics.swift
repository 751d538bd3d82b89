import CRDKafka
package import Connect

extension KafkaClient {
  /// What the cluster says of a topic; nil when there is none of that name.
  ///
  /// Waits while no broker can be reached or the topic is being made, but not when the cluster
  /// refuses: wrong credentials, no trust, no right.
  package func metadata(
    of topic: String,
    atMost timeout: Duration = .seconds(10)
  ) throws(ConnectorError) -> TopicMetadata? {
    let deadline = ContinuousClock.now + timeout
    while true {
      let code: rd_kafka_resp_err_t
      switch requestMetadata(of: topic) {
      case .success(let metadata): return metadata
      case .failure(let error): code = error.code
      }
      if code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART { return nil }
      poll()
      let isRefused =
        KafkaFailure(code: code, text: "").isRefusal || connectionError?.isRefusal == true
      guard !isRefused, ContinuousClock.now < deadline else {
        throw error(code, attempting: "read about topic \"\(topic)\"")
      }
      // A code that comes at once must not make the loop hot.
      poll(atMost: .milliseconds(100))
    }
  }

  private struct MetadataError: Error { let code: rd_kafka_resp_err_t }

  private func requestMetadata(of topic: String) -> Result<TopicMetadata, MetadataError> {
    guard let local = rd_kafka_topic_new(handle, topic, nil) else {
      return .failure(MetadataError(code: rd_kafka_last_error()))
    }
    defer { rd_kafka_topic_destroy(local) }
    var found: UnsafePointer<rd_kafka_metadata>?
    let step = Duration.milliseconds(500)
    let code = rd_kafka_metadata(handle, 0, local, &found, step.wholeMilliseconds)
    defer { if let found { rd_kafka_metadata_destroy(found) } }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let found, found.pointee.topic_cnt > 0,
      let entry = found.pointee.topics?.pointee
    else { return .failure(MetadataError(code: code)) }
    guard entry.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
      return .failure(MetadataError(code: entry.err))
    }
    let partitions = UnsafeBufferPointer(start: entry.partitions, count: Int(entry.partition_cnt))
    return .success(
      TopicMetadata(
        partitionCount: partitions.count,
        leaderlessCount: partitions.count { $0.leader < 0 }
      )
    )
  }
}

/// A topic as the cluster describes it.
package struct TopicMetadata: Hashable, Sendable {
  package var partitionCount: Int
  /// Partitions that can be neither written nor read for now.
  package var leaderlessCount: Int
}
