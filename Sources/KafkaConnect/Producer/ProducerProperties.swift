extension KafkaRole {
  /// Properties of a producer that a user may set otherwise.
  static let producerDefaults: KeyValuePairs<String, String> = [
    "compression.codec": "lz4",
    // A batch waits so long for more of its partition.
    "linger.ms": "5",
    "batch.size": "1000000",
    // What waits for the brokers, at most: then appending waits.
    "queue.buffering.max.messages": "500000",
    "queue.buffering.max.kbytes": "131072",
    "reconnect.backoff.max.ms": "2000",
    "socket.keepalive.enable": "true",
  ]

  /// What makes a producer's messages come once, in order, and to the right partition.
  static let exactProduction: KeyValuePairs<String, String> = [
    "enable.idempotence": "true",
    "partitioner": "murmur2_random",
    "allow.auto.create.topics": "false",
  ]
}
