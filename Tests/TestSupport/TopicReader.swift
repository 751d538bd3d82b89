import CRDKafka
import Connect

/// Reads whole topics by a plain consumer of the client library, with none of the product's code.
package struct TopicReader: ~Copyable {
  package struct Message: Hashable, Sendable {
    package var offset: Int64
    package var key: [UInt8]?
    package var value: [UInt8]?

    /// The key, and the value, as text; null as an empty one.
    package var texts: [String] {
      [key, value].map { String(decoding: $0 ?? [], as: UTF8.self) }
    }
  }

  package struct Failure: Error { package var text: String }

  private static let patience: Int32 = 60_000
  private let client: OpaquePointer

  /// A consumer that starts from `HOST:PORT[,HOST:PORT]`.
  package init(_ bootstrap: String) throws {
    let configuration = rd_kafka_conf_new()
    let properties = [
      "bootstrap.servers": bootstrap, "group.id": "topic-reader", "enable.partition.eof": "true",
      "auto.offset.reset": "error", "enable.auto.commit": "false",
    ]
    for (name, value) in properties { rd_kafka_conf_set(configuration, name, value, nil, 0) }
    guard let client = rd_kafka_new(RD_KAFKA_CONSUMER, configuration, nil, 0) else {
      rd_kafka_conf_destroy(configuration)
      throw Failure(text: "no consumer")
    }
    rd_kafka_poll_set_consumer(client)
    self.client = client
  }

  deinit { rd_kafka_destroy(client) }

  /// All that a topic holds now, by partition, in order.
  package func messages(of topic: String) throws -> [[Message]] {
    let partitionCount = try partitionCount(of: topic)
    let list = rd_kafka_topic_partition_list_new(Int32(partitionCount))
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for partition in 0..<partitionCount {
      let entry = rd_kafka_topic_partition_list_add(list, topic, Int32(partition))
      // The logical offset of the oldest message.
      entry?.pointee.offset = -2
    }
    rd_kafka_assign(client, list)
    var messages = Array(repeating: [Message](), count: partitionCount)
    var unfinished = Set(0..<partitionCount)
    while !unfinished.isEmpty {
      guard let message = rd_kafka_consumer_poll(client, Self.patience) else {
        throw Failure(text: "nothing came from partitions \(unfinished.sorted()) of \(topic)")
      }
      defer { rd_kafka_message_destroy(message) }
      let partition = Int(message.pointee.partition)
      switch message.pointee.err {
      case RD_KAFKA_RESP_ERR_NO_ERROR: messages[partition].append(Message(message.pointee))
      case RD_KAFKA_RESP_ERR__PARTITION_EOF: unfinished.remove(partition)
      default: throw Failure(text: String(cString: rd_kafka_err2str(message.pointee.err)))
      }
    }
    rd_kafka_assign(client, nil)
    return messages
  }

  private func partitionCount(of topic: String) throws -> Int {
    let local = rd_kafka_topic_new(client, topic, nil)
    defer { rd_kafka_topic_destroy(local) }
    var found: UnsafePointer<rd_kafka_metadata>?
    let code = rd_kafka_metadata(client, 0, local, &found, Self.patience)
    defer { if let found { rd_kafka_metadata_destroy(found) } }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let entry = found?.pointee.topics?.pointee else {
      throw Failure(text: String(cString: rd_kafka_err2str(code)))
    }
    return Int(entry.partition_cnt)
  }
}

extension TopicReader.Message {
  fileprivate init(_ message: rd_kafka_message_t) {
    self.init(
      offset: message.offset,
      key: Self.bytes(message.key, message.key_len),
      value: Self.bytes(message.payload, message.len)
    )
  }

  private static func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
    start.map { [UInt8](UnsafeRawBufferPointer(start: $0, count: count)) }
  }
}
