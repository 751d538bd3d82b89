package import CRDKafka
package import Connect

/// An error as librdkafka reports it: a code, and a text that names the broker.
package struct KafkaFailure: Error, Sendable {
  package var code: rd_kafka_resp_err_t
  package var text: String

  /// True for errors that only say that no answer came.
  var isConnection: Bool {
    switch code {
    case RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__TIMED_OUT,
      RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
      RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      true
    default: false
    }
  }

  /// True when the cluster, or the client as of its last look, has no such topic or partition.
  var isUnknownTopic: Bool {
    switch code {
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      true
    default: false
    }
  }

  /// True for what will not pass by itself: wrong credentials, no trust, no right.
  var isRefusal: Bool {
    switch code {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR__SSL,
      RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM,
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      true
    default: false
    }
  }

  /// True for what the group holds against this worker, however often it tries to join.
  var isRefusalOfMember: Bool {
    switch code {
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, RD_KAFKA_RESP_ERR_INVALID_GROUP_ID,
      RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED,
      RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RD_KAFKA_RESP_ERR__FATAL:
      true
    default: false
    }
  }

  /// One clear line: what was attempted, where, what came of it, and what to do.
  package func connectorError(
    attempting attempt: String,
    of settings: KafkaSettings
  ) -> ConnectorError {
    let reason = settings.redacted(text.isEmpty ? String(cString: rd_kafka_err2str(code)) : text)
    return ConnectorError(
      isConnection ? .transient : .permanent,
      "could not \(attempt) at \(settings): \(reason)",
      hint: hint
    )
  }

  private var hint: String? {
    switch code {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      "see kafka.sasl.mechanism, kafka.sasl.username and FIRSTCLICK_KAFKA_SASL_PASSWORD"
    case RD_KAFKA_RESP_ERR__SSL:
      "see kafka.security.protocol and kafka.ssl.ca.location"
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
      "give the user the right to read and describe both topics"
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      "give the user the right to read the group, or name one by kafka.group.id"
    case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
      "the group's other members are of another program: leave kafka.group.id out, or name a group "
        + "of this job's own"
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
      "set kafka.session.timeout.ms between the brokers' group.min.session.timeout.ms and "
        + "group.max.session.timeout.ms"
    case RD_KAFKA_RESP_ERR_GROUP_MAX_SIZE_REACHED:
      "start fewer workers, or raise the brokers' group.max.size"
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      "give every worker a kafka.group.instance.id of its own, or leave it out"
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      "set kafka.batch.size and kafka.message.max.bytes to what the topics' max.message.bytes allows"
    case _ where isConnection:
      "see that a broker runs there, and that kafka.security.protocol is the listener's"
    default: nil
    }
  }
}
