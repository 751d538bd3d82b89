import CRDKafka
package import Connect
package import KafkaConnect
import Logging

/// Writes single messages as any producer could: null keys, null payloads, headers, any compression.
package final class TopicWriter {
  package struct Message {
    var value: [UInt8]?
    var key: String?
    var header: String?

    package init(_ text: String?, key: String? = "u1", header: String? = nil) {
      value = text.map { Array($0.utf8) }
      self.key = key
      self.header = header
    }
  }

  package struct Failure: Error { package var text: String }

  private let client: KafkaClient

  package init(_ settings: KafkaSettings, compression: String = "none") throws {
    client = try KafkaClient(
      settings,
      role: .producer,
      properties: ["compression.codec": compression, "message.max.bytes": "4000000"],
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
  }

  /// Appends messages, and returns when the broker has them.
  package func append(_ messages: [Message], to stream: StreamKind, partition: Int = 0) throws {
    let topic = client.settings.topic(of: stream)
    for message in messages { try append(message, to: topic, partition: Int32(partition)) }
    guard rd_kafka_flush(client.handle, 60_000) == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw Failure(text: "the broker did not take all messages")
    }
  }

  private func append(_ message: Message, to topic: String, partition: Int32) throws {
    var fields = [rd_kafka_vu_t](repeating: rd_kafka_vu_t(), count: 6)
    let headers = rd_kafka_headers_new(1)
    if let header = message.header {
      rd_kafka_header_add(headers, "trace", -1, header, header.utf8.count)
    }
    let error = topic.withCString { topic in
      Self.withBytes(message.value) { value in
        Self.withBytes(message.key.map { Array($0.utf8) }) { key in
          fields[0].vtype = RD_KAFKA_VTYPE_TOPIC
          fields[0].u.cstr = topic
          fields[1].vtype = RD_KAFKA_VTYPE_PARTITION
          fields[1].u.i32 = partition
          fields[2].vtype = RD_KAFKA_VTYPE_VALUE
          fields[2].u.mem.ptr = UnsafeMutableRawPointer(mutating: value.baseAddress)
          fields[2].u.mem.size = value.count
          fields[3].vtype = RD_KAFKA_VTYPE_KEY
          fields[3].u.mem.ptr = UnsafeMutableRawPointer(mutating: key.baseAddress)
          fields[3].u.mem.size = key.count
          fields[4].vtype = RD_KAFKA_VTYPE_HEADERS
          fields[4].u.headers = headers
          fields[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS
          fields[5].u.i = RD_KAFKA_MSG_F_COPY
          // The message owns the headers now.
          return rd_kafka_produceva(client.handle, fields, fields.count)
        }
      }
    }
    guard error == nil else { throw Failure(text: "the client did not take the message") }
  }

  private static func withBytes<Result>(
    _ bytes: [UInt8]?,
    _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    guard let bytes else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    // An empty array's address may be nil, which would be a null payload.
    return (bytes + [0]).withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
  }
}
