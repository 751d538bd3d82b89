import CRDKafka
import Connect
import Generation
import KafkaConnect
import Logging

/// Producing events to a local broker: the client library alone, our writer, and the generator.
///
/// Rates are per core: what is measured is the processor time of all threads but the broker's.
let kafkaProduceBenchmarks = [
  Benchmark(name: "kafka.produce/library", unit: .events) { context in
    let input = try context.shared("kafkaProduceInput") {
      try RecordedEvents(context, partitionCount: ProduceShop.partitionCount)
    }
    let shop = try ProduceShop()
    return Workload(count: input.lineCount, byteCount: input.byteCount) {
      try shop.measure { try input.produce(to: shop.settings) }
    }
  },
  Benchmark(
    name: "kafka.produce/writer",
    unit: .events,
    limit: "kafka.produce/library",
    alternatesWithLimit: true
  ) { context in
    let input = try context.shared("kafkaProduceInput") {
      try RecordedEvents(context, partitionCount: ProduceShop.partitionCount)
    }
    let shop = try ProduceShop()
    return Workload(count: input.lineCount, byteCount: input.byteCount) {
      try shop.measure {
        let writer = try KafkaLogWriter(shop.settings, logger: .silent)
        try input.replay(into: writer)
        try writer.finish()
        return writer.deliveredCount
      }
    }
  },
  Benchmark(
    name: "kafka.produce/generator",
    unit: .events,
    limit: "kafka.produce/library"
  ) { context in
    let plan = GeneratorInput(context).plan
    let input = try context.shared("kafkaProduceInput") {
      try RecordedEvents(context, partitionCount: ProduceShop.partitionCount)
    }
    let shop = try ProduceShop()
    return Workload(count: input.lineCount, byteCount: input.byteCount) {
      try shop.measure {
        let writer = try KafkaLogWriter(shop.settings, logger: .silent)
        var generator = try Generator(plan: plan, writer: writer)
        while !generator.isDone { try generator.make(atMost: 4096) }
        try generator.finish()
        return writer.deliveredCount
      }
    }
  },
]

extension Logger {
  fileprivate static var silent: Logger { Logger(label: "") { _ in SwiftLogNoOpLogHandler() } }
}

/// A local broker in this process.
private final class ProduceShop {
  static let partitionCount = 4
  let settings: KafkaSettings
  private let broker: LocalBroker

  init() throws {
    broker = try LocalBroker()
    settings = try KafkaSettings(
      brokers: broker.bootstrap.split(separator: ",").map(String.init),
      prefix: "shop"
    )
    try broker.makeTopics(prefix: settings.prefix, partitionCount: Self.partitionCount)
  }

  /// Runs `produce`, which says how many messages were delivered.
  func measure(_ produce: () throws -> Int) throws -> Outcome {
    let start = BrokerTime.clientSeconds
    let delivered = try produce()
    return Outcome(checksum: UInt64(delivered), seconds: BrokerTime.clientSeconds - start)
  }
}

extension RecordedEvents {
  /// The least that producing takes: whole pieces handed to the library, with its own counting.
  ///
  /// - Returns: messages delivered.
  fileprivate func produce(to settings: KafkaSettings) throws -> Int {
    let client = try KafkaClient(settings, role: .producer, logger: .silent)
    let topics = StreamKind.allCases.map {
      ($0, rd_kafka_topic_new(client.handle, settings.topic(of: $0), nil))
    }
    defer { for (_, topic) in topics { rd_kafka_topic_destroy(topic) } }
    var messages: [rd_kafka_message_t] = []
    for piece in pieces {
      let topic = topics.first { $0.0 == piece.stream }?.1
      piece.bytes.withUnsafeBytes { bytes in
        piece.keys.withUnsafeBytes { keys in
          messages.removeAll(keepingCapacity: true)
          var start = KeyedLines.Mark(lineEnd: 0, keyEnd: 0)
          for mark in piece.marks {
            var message = rd_kafka_message_t()
            message.payload = UnsafeMutableRawPointer(
              mutating: bytes.baseAddress.map { $0 + Int(start.lineEnd) }
            )
            message.len = Int(mark.lineEnd - start.lineEnd) - 1
            message.key = UnsafeMutableRawPointer(
              mutating: keys.baseAddress.map { $0 + Int(start.keyEnd) }
            )
            message.key_len = Int(mark.keyEnd - start.keyEnd)
            messages.append(message)
            start = mark
          }
          var accepted = 0
          while accepted < messages.count {
            accepted += Int(
              messages[accepted...].withUnsafeMutableBufferPointer {
                rd_kafka_produce_batch(
                  topic,
                  Int32(piece.partition),
                  RD_KAFKA_MSG_F_COPY,
                  $0.baseAddress,
                  Int32($0.count)
                )
              }
            )
            if accepted < messages.count { client.poll(atMost: .milliseconds(10)) }
          }
        }
      }
    }
    rd_kafka_flush(client.handle, 60_000)
    return lineCount - Int(rd_kafka_outq_len(client.handle))
  }
}
