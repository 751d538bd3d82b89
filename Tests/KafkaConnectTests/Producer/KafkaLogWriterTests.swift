import CRDKafka
import Connect
import KafkaConnect
import Logging
import TestSupport
import Testing

@Suite struct KafkaLogWriterTests {
  @Test(arguments: ["none", "lz4", "zstd"])
  func `every message arrives once, in order, at its key's partition`(codec: String) throws {
    let broker = try LocalBroker(brokerCount: 3)
    try broker.makeTopics(prefix: "shop", partitionCount: 5)
    let writer = try KafkaLogWriter(
      Shop.settings(broker, properties: ["compression.codec": codec]),
      logger: .silent
    )
    #expect(writer.partitionCount == 5)
    let clicks = Self.lines(3_000, "click")
    let checkouts = Self.lines(500, "checkout")
    try writer.append(clicks, to: .clicks)
    try writer.append(checkouts, to: .checkouts)
    try writer.finish()
    #expect(writer.deliveredCount == 3_500)
    #expect(!writer.isContinued)
    let reader = try TopicReader(broker.bootstrap)
    #expect(Self.difference(try reader.messages(of: "shop-clicks"), clicks) == nil)
    #expect(Self.difference(try reader.messages(of: "shop-checkouts"), checkouts) == nil)
  }

  @Test func `a log that held messages is continued`() throws {
    let broker = try LocalBroker()
    for isContinued in [false, true] {
      let writer = try KafkaLogWriter(Shop.settings(broker), logger: .silent)
      try writer.append(Self.lines(100, "click"), to: .clicks)
      try writer.finish()
      #expect(writer.isContinued == isContinued)
    }
  }

  @Test(arguments: [
    "NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE", "REQUEST_TIMED_OUT", "_TRANSPORT",
    "NOT_ENOUGH_REPLICAS", "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "KAFKA_STORAGE_ERROR",
    "UNKNOWN_TOPIC_OR_PART", "UNKNOWN_PRODUCER_ID",
  ])
  func `requests that fail are sent again, and nothing comes twice`(error: String) throws {
    let broker = try LocalBroker(brokerCount: 2)
    let writer = try KafkaLogWriter(
      Shop.settings(broker, properties: Self.fastRetries),
      logger: .silent
    )
    let lines = Self.lines(3_000, "click")
    for start in stride(from: 0, to: lines.count, by: 1_000) {
      try broker.fail(.produce, with: error)
      try writer.append(Array(lines[start..<start + 1_000]), to: .clicks)
    }
    try writer.finish()
    let messages = try TopicReader(broker.bootstrap).messages(of: "shop-clicks")
    #expect(Self.difference(messages, lines) == nil)
  }

  /// Answers are late by 30 ms, so that brokers go down between storing a batch and saying so.
  ///
  /// The batch is then sent again with its old sequence number. Real brokers drop it by that; the
  /// local one looks at sequence numbers only in transactions, and stores a second copy.
  @Test func `brokers that go down and come up lose nothing, and keep the order`() throws {
    let broker = try LocalBroker(brokerCount: 3)
    try broker.setLatency(of: .all, to: .milliseconds(30))
    let writer = try KafkaLogWriter(
      Shop.settings(
        broker,
        properties: Self.fastRetries.merging(["queue.buffering.max.messages": "2000"]) { $1 }
      ),
      logger: .silent
    )
    let lines = Self.lines(12_000, "click")
    for (round, start) in stride(from: 0, to: lines.count, by: 1_000).enumerated() {
      try writer.append(Array(lines[start..<start + 1_000]), to: .clicks)
      let target = LocalBroker.Target.broker(round % 3 + 1)
      try broker.takeDown(target)
      try broker.bringUp(target)
    }
    try writer.finish()
    #expect(writer.deliveredCount == 12_000)
    try broker.setLatency(of: .all, to: .zero)
    let firstCopies = try TopicReader(broker.bootstrap).messages(of: "shop-clicks").map {
      messages in
      var seen: Set<[String]> = []
      return messages.filter { seen.insert($0.texts).inserted }
    }
    #expect(Self.difference(firstCopies, lines) == nil)
  }

  @Test func `a full queue makes appending wait until the brokers take messages again`() throws {
    let broker = try LocalBroker()
    let writer = try KafkaLogWriter(
      Shop.settings(broker, properties: ["queue.buffering.max.messages": "1000"]),
      logger: .silent
    )
    try broker.setLatency(of: .all, to: .milliseconds(20))
    let lines = Self.lines(20_000, "click")
    try writer.append(lines, to: .clicks)
    #expect(writer.deliveredCount >= 19_000 - 1_000)
    try writer.finish()
    #expect(writer.deliveredCount == 20_000)
  }

  @Test func `what cannot be delivered is an error with the number and the reason`() throws {
    let broker = try LocalBroker()
    let writer = try KafkaLogWriter(
      Shop.settings(broker, properties: ["message.timeout.ms": "1000"]),
      logger: .silent
    )
    try writer.append(Self.lines(300, "click"), to: .clicks)
    try writer.finish()
    try broker.takeDown(.all)
    try writer.append(Self.lines(200, "checkout"), to: .checkouts)
    let error = #expect(throws: ConnectorError.self) { try writer.finish() }
    let message = try #require(error?.message)
    #expect(
      message.hasPrefix(
        "could not deliver 200 of 500 messages at kafka://\(broker.bootstrap)/shop: "
          + "Local: Message timed out: "
      )
    )
    #expect(message.contains("Connection refused"))
  }

  @Test func `a user who may not write is told so`() throws {
    let broker = try LocalBroker()
    let writer = try KafkaLogWriter(Shop.settings(broker), logger: .silent)
    try broker.fail(.produce, with: "TOPIC_AUTHORIZATION_FAILED", count: 100)
    try writer.append(Self.lines(50, "click"), to: .clicks)
    let error = #expect(throws: ConnectorError.self) { try writer.finish() }
    #expect(
      error?.description == "could not deliver 50 of 50 messages at "
        + "kafka://\(broker.bootstrap)/shop: Broker: Topic authorization failed; "
        + "give the user the right to write both topics"
    )
  }

  /// Order and number of what was sent are in doubt then: going on might store events twice.
  @Test(arguments: ["OUT_OF_ORDER_SEQUENCE_NUMBER", "INVALID_PRODUCER_EPOCH"])
  func `a producer whose place the brokers have lost says how much is missing`(
    error: String
  ) throws {
    let broker = try LocalBroker()
    let writer = try KafkaLogWriter(Shop.settings(broker), logger: .silent)
    try writer.append(Self.lines(10, "click"), to: .clicks)
    try writer.finish()
    try broker.fail(.produce, with: error, count: 100)
    try writer.append(Self.lines(50, "click"), to: .clicks)
    let failure = #expect(throws: ConnectorError.self) { try writer.finish() }
    #expect(failure?.kind == .permanent)
    #expect(
      failure?.message.hasPrefix("could not deliver 50 of 60 messages at ") == true,
      "\(failure?.description ?? "")"
    )
  }

  @Test func `a topic that takes only smaller batches says what to set`() throws {
    let broker = try LocalBroker()
    let writer = try KafkaLogWriter(Shop.settings(broker), logger: .silent)
    try broker.fail(.produce, with: "MSG_SIZE_TOO_LARGE", count: 100)
    try writer.append(Self.lines(50, "click"), to: .clicks)
    let error = #expect(throws: ConnectorError.self) { try writer.finish() }
    #expect(
      error?.hint == "set kafka.batch.size and kafka.message.max.bytes to what the topics' "
        + "max.message.bytes allows"
    )
  }

  @Test func `a producer that the brokers do not take is told so`() throws {
    let broker = try LocalBroker()
    try broker.fail(.initProducerID, with: "CLUSTER_AUTHORIZATION_FAILED", count: 100)
    let writer = try KafkaLogWriter(Shop.settings(broker), logger: .silent)
    let error = #expect(throws: ConnectorError.self) {
      try writer.append(Self.lines(50, "click"), to: .clicks)
      try writer.finish()
    }
    let message = try #require(error?.message)
    #expect(message.hasPrefix("could not deliver "))
    #expect(message.contains("Cluster authorization failed"))
  }

  @Test func `a message that is too large is refused at once`() throws {
    let broker = try LocalBroker()
    let line = String(repeating: "x", count: 1_100_000)
    let error = #expect(throws: ConnectorError.self) {
      let writer = try KafkaLogWriter(Shop.settings(broker), logger: .silent)
      try writer.append([("user", "fits"), ("user", line)], to: .clicks)
    }
    #expect(
      error?.message == "could not send a message of 1100000 bytes at "
        + "kafka://\(broker.bootstrap)/shop: Broker: Message size too large"
    )
    // What stood before it is stored.
    let messages = try TopicReader(broker.bootstrap).messages(of: "shop-clicks").joined()
    #expect(messages.map(\.texts) == [["user", "fits"]])
  }

  /// Any producer that uses the partitioner finds the partitions that a file log has.
  @Test(arguments: [1, 2, 3, 4, 16, 97])
  func `a key's partition is the one of murmur2_random`(partitionCount: Int) {
    for number in 0..<2_000 {
      let key = Array("user_\(String(number, radix: 36))".utf8.prefix(number % 12 + 1))
      key.withUnsafeBytes { key in
        let theirs = rd_kafka_msg_partitioner_murmur2_random(
          nil,
          key.baseAddress,
          key.count,
          Int32(partitionCount),
          nil,
          nil
        )
        #expect(Murmur2.partition(of: key, among: partitionCount) == Int(theirs))
      }
    }
  }

  private static let fastRetries = [
    "retry.backoff.ms": "5", "topic.metadata.refresh.fast.interval.ms": "20",
    "reconnect.backoff.ms": "10", "reconnect.backoff.max.ms": "100",
  ]

  // MARK: Lines

  private static func lines(_ count: Int, _ what: String) -> [(key: String, line: String)] {
    (0..<count).map { ("user_\($0 % 97)", "{\"\(what)\":\($0)}") }
  }

  /// The first place where the topic holds something else than the lines; nil if there is none.
  private static func difference(
    _ messages: [[TopicReader.Message]],
    _ lines: [(key: String, line: String)]
  ) -> String? {
    var expected: [[[String]]] = Array(repeating: [], count: messages.count)
    for line in lines {
      let partition = Array(line.key.utf8).withUnsafeBytes {
        Murmur2.partition(of: $0, among: messages.count)
      }
      expected[partition].append([line.key, line.line])
    }
    for (partition, (found, expected)) in zip(messages, expected).enumerated() {
      let texts = found.map(\.texts)
      guard texts != expected else { continue }
      let place = zip(texts, expected).prefix { $0 == $1 }.count
      return "partition \(partition) holds \(texts.count) messages of which "
        + "\(Set(texts).count) are different, expected \(expected.count); at \(place) "
        + "\(texts.dropFirst(place).prefix(2)), expected \(expected.dropFirst(place).prefix(2))"
    }
    return nil
  }
}
