import CRDKafka
import Connect
import Foundation
import KafkaConnect
import Logging
import TestSupport
import Testing

/// A local broker with the two topics of a shop.
struct Shop {
  /// CI machines may be several times slower.
  static let patience = Duration.seconds(120)

  let broker: LocalBroker
  let settings: KafkaSettings

  init(
    partitions: Int = 1,
    brokers: Int = 1,
    properties: [String: String] = [:]
  ) throws {
    broker = try LocalBroker(brokerCount: brokers)
    try broker.makeTopics(prefix: "shop", partitionCount: partitions)
    settings = try Self.settings(broker, properties: properties)
  }

  static func settings(
    _ broker: LocalBroker,
    prefix: String = "shop",
    properties: [String: String] = [:]
  ) throws -> KafkaSettings {
    try KafkaSettings(
      brokers: broker.bootstrap.split(separator: ",").map(String.init),
      prefix: prefix,
      properties: properties.map { ConnectorProperty(name: $0, value: $1, place: $0) }
    )
  }

  func log(_ gapPolicy: GapPolicy = .fail) throws -> KafkaLog {
    try KafkaLog(settings, gapPolicy: gapPolicy, logger: .silent)
  }

  func writer(compression: String = "none") throws -> TopicWriter {
    try TopicWriter(settings, compression: compression)
  }
}

/// What a reader has returned so far, copied.
struct Read {
  var texts: [String?] = []
  var offsets: [Int64] = []
  var keys: [String?] = []
  var gaps: [LogGap] = []
  var isCaughtUp = false

  mutating func take(_ run: MessageRun) {
    if let gap = run.gap { gaps.append(gap) }
    isCaughtUp = run.isCaughtUp
    guard case .messages(let messages) = run.framing else { return }
    for message in messages {
      texts.append(message.start.map { Self.text($0, message.byteCount) })
      keys.append(message.key.map { Self.text($0, message.keyByteCount) })
      offsets.append(message.offset)
    }
  }

  private static func text(_ start: UnsafeRawPointer, _ byteCount: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: byteCount), as: UTF8.self)
  }
}

extension PartitionReader {
  /// Reads until `isEnough`.
  func read(
    atMost byteCount: Int = 64 << 10,
    until isEnough: (Read) -> Bool
  ) throws -> Read {
    var read = Read()
    let deadline = ContinuousClock.now + Shop.patience
    while !isEnough(read) {
      read.take(try self.read(atMost: byteCount))
      try #require(ContinuousClock.now < deadline, "read only \(read.texts.count) messages")
      if read.texts.isEmpty { Thread.sleep(forTimeInterval: 0.005) }
    }
    return read
  }

  func readToEnd(atMost byteCount: Int = 64 << 10) throws -> Read {
    try read(atMost: byteCount) { $0.isCaughtUp }
  }
}

/// Waits for what other threads do.
func eventually(_ condition: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + Shop.patience
  while try !condition() {
    try #require(ContinuousClock.now < deadline)
    Thread.sleep(forTimeInterval: 0.01)
  }
}

extension Shop {
  /// What a group has committed, by partition; nil where nothing is.
  func committedOffsets(of group: String) throws -> [StreamKind: [Int64?]] {
    let client = try KafkaClient(
      settings,
      role: .member,
      properties: ["group.id": group],
      logger: .silent
    )
    let list = rd_kafka_topic_partition_list_new(2)
    defer { rd_kafka_topic_partition_list_destroy(list) }
    for stream in StreamKind.allCases {
      rd_kafka_topic_partition_list_add_range(list, settings.topic(of: stream), 0, 1)
    }
    let code = rd_kafka_committed(client.handle, list, 60_000)
    try #require(code == RD_KAFKA_RESP_ERR_NO_ERROR)
    let partitions = try #require(list).pointee
    var offsets: [StreamKind: [Int64?]] = [:]
    for partition in UnsafeBufferPointer(start: partitions.elems, count: Int(partitions.cnt)) {
      let stream: StreamKind =
        String(cString: partition.topic) == settings.topic(of: .clicks) ? .clicks : .checkouts
      offsets[stream, default: []].append(partition.offset < 0 ? nil : partition.offset)
    }
    return offsets
  }
}

extension Logger {
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
