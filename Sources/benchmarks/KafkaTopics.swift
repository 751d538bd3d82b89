import CRDKafka
import Connect
import Dataflow
import Events
import Foundation
import Generation
import KafkaConnect
import Logging
import Synchronization

/// The same events in a broker of another process and in an embedded log.
///
/// The broker keeps 5 MiB of a partition, as it was sent: so there are many partitions, compressed.
final class KafkaTopics: Sendable {
  static let partitionCount = 64
  private static let threadCount = 4

  let directory: String
  let lineCount: Int
  let byteCount: Int
  let broker: BrokerProcess.ID
  let costs = KafkaCosts()
  private let settings: KafkaSettings
  private let logger: Logger

  /// Made once for all of a run's benchmarks.
  static func shared(in context: BenchmarkContext) throws -> KafkaTopics {
    try context.shared("kafka") { try KafkaTopics(in: context) }
  }

  private init(in context: BenchmarkContext) throws {
    var logger = Logger(label: "benchmark")
    logger.logLevel = .error
    self.logger = logger
    directory = try context.directory().appending(path: "log-kafka").path
    let broker = try BrokerProcess(brokers: 3, partitions: Self.partitionCount, prefix: "shop")
    context.atEnd { broker.stop() }
    self.broker = broker.id
    settings = try KafkaSettings(
      brokers: broker.addresses,
      prefix: "shop",
      // As much as the library alone takes here: 64 MB a partition's queue, all of the data.
      properties: [ConnectorProperty(name: "memory", value: "2GiB", place: "benchmark")]
    )
    let count = context.scaled(1_200_000)
    let kafka = try KafkaLogWriter(settings, partitions: Self.partitionCount, logger: logger)
    _ = try Self.write(count, to: kafka)
    let statistics = try Self.write(
      count,
      to: FileLogWriter(directory: directory, partitions: Self.partitionCount)
    )
    lineCount = statistics.events
    byteCount = statistics.bytes
  }

  private static func write(_ count: Int, to writer: some LogWriter) throws -> Statistics {
    var generator = try Generator(plan: Plan(spreading: count, over: .hours(12)), writer: writer)
    var rest = count
    while rest > 0 {
      try generator.make(atMost: min(rest, 4096))
      rest -= 4096
    }
    try generator.finish()
    return generator.statistics
  }

  func log() throws -> KafkaLog { try KafkaLog(settings, logger: logger) }

  /// Consumes every message with librdkafka's own batches, one queue a thread, and drops them.
  ///
  /// - Returns: how many there were.
  /// - Throws: what keeps a client from being made.
  func consumeRaw() throws -> Int {
    let client = try KafkaClient(
      settings,
      role: .consumer,
      properties: ["queued.min.messages": "1000000"],
      logger: logger
    )
    let queues = (0..<Self.threadCount).map { _ in rd_kafka_queue_new(client.handle) }
    defer { for queue in queues { rd_kafka_queue_destroy(queue) } }
    let topics = StreamKind.allCases.map {
      rd_kafka_topic_new(client.handle, settings.topic(of: $0), nil)
    }
    defer { for topic in topics { rd_kafka_topic_destroy(topic) } }
    for topic in topics {
      for partition in 0..<Self.partitionCount {
        let queue = queues[partition % Self.threadCount]
        rd_kafka_consume_start_queue(topic, Int32(partition), 0, queue)
      }
    }
    let total = Atomic(0)
    let endings = topics.count * Self.partitionCount / Self.threadCount
    let handles = queues.map { UInt(bitPattern: $0) }
    try concurrently(Self.threadCount) { thread in
      var batch = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: 1024)
      var ended = 0
      while ended < endings {
        let queue = OpaquePointer(bitPattern: handles[thread])
        let count = rd_kafka_consume_batch_queue(queue, 5, &batch, batch.count)
        var messages = 0
        for message in batch.prefix(max(0, count)) {
          if message?.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR {
            messages += 1
          } else {
            ended += 1
          }
          rd_kafka_message_destroy(message)
        }
        total.add(messages, ordering: .relaxed)
      }
    }
    for topic in topics {
      for partition in 0..<Self.partitionCount { rd_kafka_consume_stop(topic, Int32(partition)) }
    }
    return total.load(ordering: .relaxed)
  }

  /// Consumes as above, while as many threads decode the same events from memory: what consuming and
  /// decoding take of the machine together, whoever does it.
  ///
  /// - Returns: how many messages there were.
  /// - Throws: what keeps them from being read.
  func consumeAndDecodeBeside() throws -> Int {
    let log = try FileLog(directory: directory)
    let consumed = Atomic(0)
    try concurrently(1 + Self.threadCount) { [self] thread in
      guard thread > 0 else {
        let count = try consumeRaw()
        consumed.store(count, ordering: .relaxed)
        return
      }
      for partition in stride(from: thread - 1, to: Self.partitionCount, by: Self.threadCount) {
        let inputs: [any DecodedInput] = [
          try PartitionInput<ClickDecoder>(log, .clicks, partition),
          try PartitionInput<CheckoutDecoder>(log, .checkouts, partition),
        ]
        for input in inputs { while !input.isCaughtUp { _ = try input.step() } }
      }
    }
    return consumed.load(ordering: .relaxed)
  }

  /// Reads and decodes every partition, as tasks do.
  ///
  /// - Returns: how many records there were.
  /// - Throws: what keeps the topics from being read.
  func readAndDecode() throws -> Int {
    let log = try log()
    let total = Atomic(0)
    try concurrently(Self.threadCount) { thread in
      var inputs: [any DecodedInput] = []
      for partition in stride(from: thread, to: Self.partitionCount, by: Self.threadCount) {
        inputs.append(try PartitionInput<ClickDecoder>(log, .clicks, partition))
        inputs.append(try PartitionInput<CheckoutDecoder>(log, .checkouts, partition))
      }
      while !inputs.isEmpty {
        var count = 0
        for input in inputs { count += try input.step() }
        inputs.removeAll(where: \.isCaughtUp)
        if count == 0 { usleep(1000) }
        total.add(count, ordering: .relaxed)
      }
    }
    return total.load(ordering: .relaxed)
  }
}

/// A partition that is read and decoded, run by run.
private protocol DecodedInput: AnyObject {
  var isCaughtUp: Bool { get }
  /// The number of records of the next run.
  func step() throws -> Int
}

private final class PartitionInput<Decoder: MessageDecoder>: DecodedInput {
  private(set) var isCaughtUp = false
  private let reader: any PartitionReader
  private var decoder = Decoder()
  private var batch = RecordBatch<Decoder.Record>()

  init(_ log: some Source, _ stream: StreamKind, _ partition: Int) throws {
    reader = try log.open(stream, partition: partition, at: nil, until: .endOfLog)
  }

  func step() throws -> Int {
    let run = try reader.read(atMost: 256 << 10)
    isCaughtUp = run.isCaughtUp
    decoder.decode(run, into: &batch)
    return batch.records.count
  }
}
