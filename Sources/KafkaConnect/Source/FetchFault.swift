import CRDKafka
import Connect

/// What a partition's queue delivers instead of a message.
struct FetchFault {
  enum Kind {
    /// The broker does not have the offset.
    case outOfRange
    case unknownTopic
    case forbidden
    /// A batch whose checksum or compression does not fit.
    case damaged
    /// librdkafka goes on by itself.
    case passing
  }

  let code: rd_kafka_resp_err_t
  let offset: Int64
  /// The library's words.
  let text: String

  /// Takes over what an event says: its payload is the text.
  init(_ message: rd_kafka_message_t) {
    code = message.err
    offset = message.offset
    text = String(
      decoding: UnsafeRawBufferPointer(start: message.payload, count: message.len),
      as: UTF8.self
    )
  }

  var kind: Kind {
    switch code {
    case _ where KafkaFailure(code: code, text: "").isUnknownTopic: .unknownTopic
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      .outOfRange
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: .forbidden
    case RD_KAFKA_RESP_ERR__BAD_MSG, RD_KAFKA_RESP_ERR__BAD_COMPRESSION,
      RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
      .damaged
    default: .passing
    }
  }

  func error(in feed: PartitionFeed) -> ConnectorError {
    kind == .forbidden
      ? feed.connection.client.error(code, attempting: "read \(feed.description)")
      : ConnectorError(
        .permanent,
        "\(feed.description) has a batch at offset \(offset) that cannot be read: \(text)",
        hint: "see that its compression is gzip, snappy, lz4 or zstd, and the broker's disk"
      )
  }
}
