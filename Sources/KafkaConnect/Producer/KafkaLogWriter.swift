import CRDKafka
package import Connect
package import Logging

/// Appends to the two topics of a Kafka stream: every message once, in order, at its key's partition.
///
///     append -> queue of the client library (bounded) -> batches, compressed -> brokers
///       ^ waits while the queue is full                     reports ------------> DeliveryLedger
///
/// The library's idempotent producer sends a batch again until it is stored, and the brokers drop
/// what they have already; a message that is not stored after `message.timeout.ms` (5 minutes) is
/// undelivered, and ends the writing. The partition comes with the lines: it is the one that the
/// partitioner `murmur2_random` would choose, at half the cost.
///
/// The library copies each message: memory is bounded by its `queue.buffering.max.*`.
package final class KafkaLogWriter: LogWriter {
  private static let chunkLength = 1024
  private static let pollInterval = Duration.milliseconds(100)
  /// For messages that are on their way when others have failed.
  private static let lastPatience = Duration.seconds(10)

  package let partitionCount: Int
  private let client: KafkaClient
  /// Where delivery reports arrive.
  private let reports: OpaquePointer
  /// By stream; destroyed before the client.
  private let topics: [StreamKind: OpaquePointer]
  /// The chunk that is handed over; kept for its memory.
  private let messages: UnsafeMutableBufferPointer<rd_kafka_message_t>
  private var ledger: DeliveryLedger

  /// Prepares the topics, then connects.
  ///
  /// - Parameters:
  ///   - settings: of the cluster.
  ///   - partitions: nil: as many as the topics have, or 4 if they are new.
  ///   - replicationFactor: of new topics; nil: the brokers' default.
  ///   - logger: for connections that are lost and come back.
  /// - Throws: what `TopicPair.prepare` does, and a usage error for properties that go not together.
  package init(
    _ settings: KafkaSettings,
    partitions: Int? = nil,
    replicationFactor: Int? = nil,
    logger: Logger
  ) throws(ConnectorError) {
    let count = try TopicPair(settings).prepare(
      partitions: partitions,
      replicationFactor: replicationFactor
    )
    let client = try KafkaClient(
      settings,
      role: .producer,
      logger: logger
    ) { configuration in
      rd_kafka_conf_set_events(configuration, RD_KAFKA_EVENT_DR)
    }
    var topics: [StreamKind: OpaquePointer] = [:]
    for stream in StreamKind.allCases {
      topics[stream] = rd_kafka_topic_new(client.handle, settings.topic(of: stream), nil)
    }
    partitionCount = count
    self.client = client
    self.topics = topics
    reports = rd_kafka_queue_get_main(client.handle)
    messages = .allocate(capacity: Self.chunkLength)
    messages.initialize(repeating: rd_kafka_message_t())
    ledger = DeliveryLedger(inputCount: 2 * count)
  }

  deinit {
    // Who lets go without finishing has failed elsewhere: what was appended still gets its chance.
    if ledger.onTheWay > 0, ledger.failed == 0 {
      rd_kafka_flush(client.handle, Self.lastPatience.wholeMilliseconds)
    }
    messages.deallocate()
    for topic in topics.values { rd_kafka_topic_destroy(topic) }
    rd_kafka_queue_destroy(reports)
  }

  package var isContinued: Bool { ledger.hasOlderMessages }

  /// Messages that the brokers have confirmed so far.
  package var deliveredCount: Int { ledger.delivered }

  package func append(
    _ lines: KeyedLines,
    to stream: StreamKind,
    partition: Int
  ) throws(ConnectorError) {
    guard let topic = topics[stream] else { return }
    let input = 2 * partition + (stream == .clicks ? 0 : 1)
    var lineStart = 0
    var keyStart = 0
    var rest = lines.marks[...]
    while !rest.isEmpty {
      let marks = rest.prefix(Self.chunkLength)
      for (place, mark) in marks.enumerated() {
        let line = lineStart..<Int(mark.lineEnd)
        let key = keyStart..<Int(mark.keyEnd)
        // Without its line end. The library only reads these bytes: it is told to copy them.
        messages[place].payload = Self.address(line.lowerBound, in: lines.bytes)
        messages[place].len = line.count - 1
        messages[place].key = Self.address(key.lowerBound, in: lines.keys)
        messages[place].key_len = key.count
        messages[place]._private = UnsafeMutableRawPointer(bitPattern: input)
        (lineStart, keyStart) = (line.upperBound, key.upperBound)
      }
      try handOver(marks.count, to: topic, partition: partition)
      rest = rest.dropFirst(marks.count)
    }
    try takeReports()
  }

  package func finish() throws(ConnectorError) {
    while rd_kafka_outq_len(client.handle) > 0 {
      try takeReports(waiting: Self.pollInterval)
    }
    guard ledger.onTheWay == 0, ledger.failed == 0 else { throw undelivered() }
    try requirePartitionCount()
  }

  // MARK: Handing over

  private static func address(
    _ offset: Int,
    in bytes: UnsafeRawBufferPointer
  ) -> UnsafeMutableRawPointer? {
    bytes.baseAddress.map { UnsafeMutableRawPointer(mutating: $0 + offset) }
  }

  /// Hands the first `count` messages over, and waits while the queue is full.
  private func handOver(
    _ count: Int,
    to topic: OpaquePointer,
    partition: Int
  ) throws(ConnectorError) {
    var start = 0
    while start < count, let base = messages.baseAddress {
      let accepted = Int(
        rd_kafka_produce_batch(
          topic,
          Int32(partition),
          RD_KAFKA_MSG_F_COPY,
          base + start,
          Int32(count - start)
        )
      )
      ledger.append(accepted)
      guard
        let refused = (start..<count).first(where: {
          messages[$0].err != RD_KAFKA_RESP_ERR_NO_ERROR
        })
      else { return }
      guard messages[refused].err == RD_KAFKA_RESP_ERR__QUEUE_FULL else {
        throw refusal(of: messages[refused])
      }
      // Once the queue is full the rest is not tried: what was accepted stands in front.
      start = refused
      try takeReports(waiting: Self.pollInterval)
    }
  }

  /// The error of a message that the library does not take.
  private func refusal(of message: rd_kafka_message_t) -> ConnectorError {
    guard message.err != RD_KAFKA_RESP_ERR__FATAL else { return undelivered() }
    return KafkaFailure(code: message.err, text: "")
      .connectorError(attempting: "send a message of \(message.len) bytes", of: client.settings)
  }

  // MARK: Reports

  /// Counts the reports that are here, or the next ones within `timeout`.
  private func takeReports(waiting timeout: Duration = .zero) throws(ConnectorError) {
    countReports(waiting: timeout)
    if ledger.failed > 0 { throw undelivered() }
  }

  private func countReports(waiting timeout: Duration) {
    var timeout = timeout
    while let event = rd_kafka_queue_poll(reports, timeout.wholeMilliseconds) {
      switch rd_kafka_event_type(event) {
      case RD_KAFKA_EVENT_DR: ledger.take(event)
      case RD_KAFKA_EVENT_ERROR: client.take(error: event)
      default: break
      }
      rd_kafka_event_destroy(event)
      timeout = .zero
    }
  }

  /// The error for what cannot be delivered, once nothing is on its way any more.
  private func undelivered() -> ConnectorError {
    rd_kafka_purge(client.handle, RD_KAFKA_PURGE_F_QUEUE)
    let deadline = ContinuousClock.now + Self.lastPatience
    while rd_kafka_outq_len(client.handle) > 0, ContinuousClock.now < deadline {
      countReports(waiting: Self.pollInterval)
    }
    let count = ledger.appended - ledger.delivered
    var error = failure.connectorError(
      attempting: "deliver \(count) of \(ledger.appended) messages",
      of: client.settings
    )
    if failure.isRefusal { error.hint = "give the user the right to write both topics" }
    return error
  }

  /// Why delivery fails: the fatal error that ended the producer, else the first message's, with
  /// what the connection says where it was too late for that message.
  private var failure: KafkaFailure {
    if let fatal = client.fatalFailure { return fatal }
    guard let first = ledger.firstFailure else {
      return KafkaFailure(code: RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, text: "")
    }
    guard first.code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, let cause = client.connectionError else {
      return first
    }
    let words = String(cString: rd_kafka_err2str(first.code))
    return KafkaFailure(code: cause.code, text: "\(words): \(cause.text)")
  }

  /// Refuses to call well what went by another number of partitions than the topics have now.
  private func requirePartitionCount() throws(ConnectorError) {
    for stream in StreamKind.allCases {
      // All is delivered: that the cluster does not answer now is no failure.
      guard
        case .partitions(let count) = TopicLayout.ask(client, stream, atMost: Self.lastPatience),
        count != partitionCount
      else { continue }
      throw ConnectorError(
        .permanent,
        "topic \"\(client.settings.topic(of: stream))\" at \(client.settings) grew from "
          + "\(partitionCount) to \(count) partitions while it was written",
        hint: "a user's events may now stand in two partitions: write to a new prefix"
      )
    }
  }
}
