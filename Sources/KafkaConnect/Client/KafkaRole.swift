/// What a client is for: it decides which properties the job sets itself.
package enum KafkaRole: Sendable {
  case producer
  /// Reads partitions that it is told to.
  case consumer
  /// A member of a consumer group.
  case member

  /// False for what only a member of a group is to know: other clients would look for the group too.
  func takes(_ property: String) -> Bool { self == .member || !property.hasPrefix("group.") }

  /// What serves this program better than the library's own defaults; the user's settings win.
  var defaults: KeyValuePairs<String, String> {
    switch self {
    case .producer: Self.producerDefaults
    case .member:
      [
        // A worker that died holds its tasks up for so long; brokers allow 6 s and more.
        "session.timeout.ms": "10000",
        "heartbeat.interval.ms": "2000",
        "reconnect.backoff.max.ms": "2000",
        "socket.keepalive.enable": "true",
        "socket.nagle.disable": "true",
      ]
    case .consumer:
      [
        // A partition that can be fetched again waits for the answer under way.
        "fetch.wait.max.ms": "100",
        "fetch.error.backoff.ms": "100",
        "reconnect.backoff.max.ms": "2000",
        "socket.keepalive.enable": "true",
        "socket.nagle.disable": "true",
        "check.crcs": "true",
      ]
    }
  }

  /// What the job's promises rest on; the user may not set these.
  var requirements: KeyValuePairs<String, String> {
    switch self {
    case .producer: Self.exactProduction
    case .consumer, .member:
      [
        "enable.auto.commit": "false",
        "enable.auto.offset.store": "false",
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "enable.partition.eof": "true",
        "allow.auto.create.topics": "false",
      ]
    }
  }
}
