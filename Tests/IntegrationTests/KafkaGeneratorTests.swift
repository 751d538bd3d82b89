import Connect
import Foundation
import KafkaConnect
import TestSupport
import Testing

/// The generator as a user runs it against a Kafka cluster.
@Suite struct KafkaGeneratorTests {
  private static let rough = [
    "--seed", "5", "--events", "6000", "--late", "0.05", "--duplicates", "0.05", "--malformed",
    "0.05", "--orphans", "0.1", "--ties", "0.1", "--edges", "0.1", "--partitions", "3",
  ]

  @Test func `topics hold what a file log of the same seed holds, and the same truth`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker(brokerCount: 3)
    try broker.makeTopics(prefix: "shop", partitionCount: 3)
    let kafka = try ProgramRun.run(
      "generator",
      Self.rough + ["--to", broker.uri, "--truth", "kafka.csv"],
      in: directory
    )
    #expect(kafka.exitCode == 0)
    #expect(
      kafka.output.hasPrefix(
        "wrote 5,000 clicks and 1,000 checkouts to \(broker.uri) (3 partitions, "
      )
    )
    #expect(
      kafka.output.hasSuffix("next: swift run stream-job --from \(broker.uri) --until-end\n")
    )
    let file = try ProgramRun.run(
      "generator",
      Self.rough + ["--to", "file:log", "--truth", "file.csv"],
      in: directory
    )
    #expect(file.exitCode == 0)
    let truths = try ["kafka.csv", "file.csv"].map {
      try Data(contentsOf: directory.url.appending(path: $0))
    }
    #expect(truths[0] == truths[1])
    for stream in StreamKind.allCases {
      let messages = try broker.messages(of: stream)
      for (partition, messages) in messages.enumerated() {
        let path = "log/\(stream.rawValue)/part-0000\(partition).jsonl"
        let lines = try Data(contentsOf: directory.url.appending(path: path))
        let topic = Data(messages.flatMap { ($0.value ?? []) + [UInt8(ascii: "\n")] })
        #expect(topic == lines, "\(stream) \(partition)")
        #expect(
          messages.allSatisfy { message in
            message.key?.withUnsafeBytes { Murmur2.partition(of: $0, among: 3) } == partition
          }
        )
      }
    }
  }

  @Test func `topics appear when they are missing, and are appended to`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    for beginning in ["wrote", "appended"] {
      let outcome = try ProgramRun.run(
        "generator",
        ["--events", "600", "--to", broker.uri],
        in: directory
      )
      #expect(outcome.exitCode == 0)
      #expect(
        outcome.output.hasPrefix("\(beginning) 500 clicks and 100 checkouts to \(broker.uri) (4 ")
      )
    }
    #expect(try broker.messages(of: .clicks).joined().count == 1_000)
  }

  @Test func `a rate is kept, and an interrupt stores all that was made`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    let timed = try ProgramRun.run(
      "generator",
      ["--rate", "3000", "--duration", "1500ms", "--to", broker.uri],
      in: directory
    )
    #expect(timed.exitCode == 0)
    let count = try broker.messageCount()
    #expect(abs(count - 4_500) <= 1)
    let run = try ProgramRun.start(
      "generator",
      ["--rate", "3000", "--to", broker.uri],
      in: directory
    )
    defer { run.end() }
    try broker.awaitMessages(count + 1)
    run.send(SIGTERM)
    let outcome = try run.wait()
    #expect(outcome.exitCode == 0)
    let made = try #require(outcome.errors.firstMatch(of: /generator: ([0-9,]+) events in/)?.1)
    #expect(try broker.messageCount() - count == Int(made.filter(\.isNumber)))
  }

  @Test func `brokers that are away for a while delay the events`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker(brokerCount: 2)
    let run = try ProgramRun.start(
      "generator",
      ["--rate", "5000", "--events", "10000", "--to", broker.uri],
      in: directory
    )
    defer { run.end() }
    try broker.awaitMessages(1_000)
    try broker.takeDown(.all)
    usleep(300_000)
    try broker.bringUp(.all)
    #expect(try run.wait().exitCode == 0)
    let events = try StreamKind.allCases.map {
      Set(try broker.messages(of: $0).joined().map(\.value)).count
    }
    #expect(events.reduce(0, +) == 10_000)
  }

  @Test func `events that no broker takes are counted, and the exit code is 1`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    let run = try ProgramRun.start(
      "generator",
      ["--rate", "2000", "--to", broker.uri],
      in: directory,
      environment: ["FIRSTCLICK_KAFKA_MESSAGE_TIMEOUT_MS": "1000"]
    )
    defer { run.end() }
    try broker.awaitMessages(100)
    try broker.takeDown(.all)
    let outcome = try run.wait()
    #expect(outcome.exitCode == 1)
    let line = try #require(outcome.errorLines.last)
    let pattern = /generator: could not deliver (\d+) of (\d+) messages at .*: Message timed out/
    let counts = try #require(line.firstMatch(of: pattern))
    #expect(try #require(Int(counts.1)) > 0)
    // What a lost answer hides is among the undelivered, so the topics may hold more.
    let delivered = try #require(Int(counts.2)) - #require(Int(counts.1))
    try broker.bringUp(.all)
    #expect(try broker.messageCount() >= delivered)
  }

  @Test func `another number of partitions is refused, and nothing is written`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    try broker.makeTopics(prefix: "shop", partitionCount: 6)
    let outcome = try ProgramRun.run(
      "generator",
      ["--events", "10", "--partitions", "8", "--to", broker.uri],
      in: directory
    )
    #expect(outcome.exitCode == 1)
    #expect(
      outcome.errors
        == "generator: topic \"shop-clicks\" at \(broker.uri) has 6 partitions, 8 were "
        + "asked for; leave --partitions out, or write to another prefix\n"
    )
    #expect(try broker.messageCount() == 0)
  }

  @Test func `no broker is one clear message`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    let uri = broker.uri
    broker.stop()
    let outcome = try ProgramRun.run("generator", ["--to", uri], in: directory)
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(
      outcome.errors.hasPrefix("generator: could not read the topic \"shop-clicks\" at \(uri): ")
    )
    #expect(outcome.errors.contains("Connection refused"))
  }

  /// As a local broker knows no passwords, it refuses every one.
  @Test func `credentials that are refused are one clear message, without the password`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    let outcome = try ProgramRun.run(
      "generator",
      ["--to", broker.uri],
      in: directory,
      environment: [
        "FIRSTCLICK_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "FIRSTCLICK_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256",
        "FIRSTCLICK_KAFKA_SASL_USERNAME": "shop", "FIRSTCLICK_KAFKA_SASL_PASSWORD": "hush-hush",
      ]
    )
    #expect(outcome.exitCode == 1)
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.hasPrefix("generator: could not read the topic \"shop-clicks\" at "))
    #expect(outcome.errors.contains("SASL"))
    #expect(outcome.errors.contains("; see kafka.sasl.mechanism, kafka.sasl.username and "))
    #expect(!outcome.errors.contains("hush-hush"))
  }

  @Test func `a wrong property is refused before anything is touched`() throws {
    let directory = try TemporaryDirectory()
    let outcome = try ProgramRun.run(
      "generator",
      ["--to", "kafka://127.0.0.1:9/shop"],
      in: directory,
      environment: ["FIRSTCLICK_KAFKA_COMPRESSION_CODEC": "middle-out"]
    )
    #expect(outcome.exitCode == 2)
    #expect(
      outcome.errors.hasPrefix("generator: FIRSTCLICK_KAFKA_COMPRESSION_CODEC: could not set")
    )
  }
}

extension LocalBroker {
  /// A stream of this broker with the prefix `shop`.
  fileprivate var uri: String { "kafka://\(bootstrap)/shop" }

  fileprivate func messages(of stream: StreamKind) throws -> [[TopicReader.Message]] {
    try TopicReader(bootstrap).messages(of: "shop-\(stream.rawValue)")
  }

  /// In both topics.
  fileprivate func messageCount() throws -> Int {
    try StreamKind.allCases.map { try messages(of: $0).joined().count }.reduce(0, +)
  }

  /// Returns once both topics together hold so many.
  fileprivate func awaitMessages(_ count: Int) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try messageCount() < count {
      try #require(ContinuousClock.now < deadline, "fewer than \(count) messages came")
      usleep(10_000)
    }
  }
}
