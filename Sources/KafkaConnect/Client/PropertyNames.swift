/// Properties that the job itself decides: another value would break what it promises.
enum ReservedProperties {
  /// Why a property may not be set; nil if it may.
  static func reason(_ name: String) -> String? {
    reasons.first { $0.names.contains(name) }?.reason
  }

  private static let reasons: [(names: Set<String>, reason: String)] = [
    (["bootstrap.servers", "metadata.broker.list"], "the stream's URI names the brokers"),
    (
      [
        "enable.auto.commit", "auto.commit.enable", "auto.commit.interval.ms",
        "enable.auto.offset.store", "offset.store.method", "offset.store.path",
        "offset.store.sync.interval.ms", "auto.offset.reset", "enable.partition.eof",
      ], "positions are the sink's, in the transaction of the rows"
    ),
    (["isolation.level"], "only committed messages are read"),
    (
      ["partition.assignment.strategy", "group.protocol", "group.protocol.type"],
      "workers share tasks by cooperative-sticky assignment of the clicks topic"
    ),
    (
      [
        "queued.min.messages", "queued.max.messages.kbytes", "fetch.message.max.bytes",
        "max.partition.fetch.bytes", "fetch.max.bytes", "receive.message.max.bytes",
      ], "the setting kafka.memory bounds what is fetched ahead"
    ),
    (["partitioner", "partitioner_cb"], "a user's events meet in one pair of partitions"),
    (
      [
        "enable.idempotence", "acks", "request.required.acks", "enable.gapless.guarantee",
        "transactional.id", "dr_cb", "dr_msg_cb", "delivery.report.only.error",
      ], "no event may be lost, doubled or reordered on its way"
    ),
    (["log_level", "log.queue", "log_cb", "error_cb", "stats_cb", "opaque"], "see --log-level"),
  ]
}

/// Properties whose values are never shown.
enum SecretProperties {
  static let names: Set<String> = [
    "sasl.password", "sasl.oauthbearer.config", "sasl.oauthbearer.client.secret",
    "ssl.key.password", "ssl.key.pem", "ssl.keystore.password",
  ]
}
