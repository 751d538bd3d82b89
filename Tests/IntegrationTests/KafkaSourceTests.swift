import Connect
import Foundation
import KafkaConnect
import Testing

/// stream-job as a user points it at a Kafka cluster, right and wrong.
@Suite struct KafkaSourceTests {
  @Test func `the answers are those of an embedded log with the same events`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker(brokerCount: 3)
    try broker.makeTopics(prefix: "shop", partitionCount: 6)
    let uri = "kafka://\(broker.bootstrap)/shop"
    var answers: [[Substring]] = []
    for log in [uri, "file:log"] {
      try Self.run(
        "generator",
        [
          "--to", log, "--seed", "9", "--events", "20000", "--partitions", "6", "--duplicates",
          "0.02", "--malformed", "0.01", "--orphans", "0.1",
        ],
        in: directory
      )
      try Self.run(
        "stream-job",
        ["--from", log, "--until-end", "--into", "csv:out"],
        in: directory
      )
      let table = directory.url.appendingPathComponent("out/attributed_checkouts.csv")
      let rows = try String(contentsOf: table, encoding: .utf8).split(separator: "\n")
      // Without the last column, the time of writing.
      answers.append(rows.map { $0.prefix(upTo: $0.lastIndex(of: ",") ?? $0.endIndex) }.sorted())
    }
    #expect(answers[0].count > 3000)
    #expect(answers[0] == answers[1])
  }

  @Test func `the doctor says what it found of the cluster`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    try broker.makeTopics(prefix: "shop", partitionCount: 2)
    let uri = "kafka://\(broker.bootstrap)/shop"
    try Self.run("generator", ["--to", uri, "--events", "500", "--partitions", "2"], in: directory)
    let doctor = try ProgramRun.run("stream-job", ["doctor", "--from", uri], in: directory)
    let lines = doctor.output.split(separator: "\n").map(String.init)
    #expect(lines.contains("ok    Kafka: brokers \(broker.bootstrap)"))
    #expect(lines.contains("ok    topic \"shop-clicks\": 2 partitions"))
    #expect(lines.contains("ok    topic \"shop-checkouts\": 2 partitions"))
    #expect(lines.contains("ok    group: this user may join \"firstclick-shop-doctor\""))
    #expect(lines.contains { $0.hasPrefix("ok    clicks clock: the newest message is ") })
    #expect(lines.contains("ok    log: \(uri) has 2 partitions of each stream"))
    #expect(doctor.exitCode == 0)
  }

  @Test func `the doctor finds what does not pair up`() throws {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker()
    try broker.makeTopic("shop-clicks", partitionCount: 3)
    try broker.makeTopic("shop-checkouts", partitionCount: 4)
    let uri = "kafka://\(broker.bootstrap)/shop"
    let doctor = try ProgramRun.run("stream-job", ["doctor", "--from", uri], in: directory)
    #expect(
      doctor.output.contains(
        "fail  co-partitioning: the topics differ in their number of partitions; "
      )
    )
    #expect(doctor.exitCode == 1)
    let run = try ProgramRun.run(
      "stream-job",
      ["--from", uri, "--into", "csv:out", "--until-end"],
      in: directory
    )
    #expect(
      run.errorLines == [
        "stream-job: topic \"shop-clicks\" has 3 partitions, \"shop-checkouts\" has 4: a user's "
          + "clicks and checkouts would not meet; give both topics the same number of partitions; "
          + "`kafka-topics --alter` adds some, which moves users to other partitions"
      ]
    )
    #expect(run.exitCode == 1)
  }

  @Test(arguments: [
    (
      ["FIRSTCLICK_KAFKA_SECURITY_PROTOCOL": "tls"],
      "stream-job: FIRSTCLICK_KAFKA_SECURITY_PROTOCOL: could not set the Kafka property "
        + "security.protocol: Invalid value \"tls\""
    ),
    (
      [
        "FIRSTCLICK_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "FIRSTCLICK_KAFKA_SASL_MECHANISM": "PLAIN", "FIRSTCLICK_KAFKA_SASL_USERNAME": "shop",
        "FIRSTCLICK_KAFKA_SASL_PASSWORD": "hunter2",
      ],
      "stream-job: Kafka's security.protocol sasl_plaintext with sasl.mechanism PLAIN would send "
        + "the password unencrypted; "
    ),
    (
      ["FIRSTCLICK_KAFKA_ENABLE_AUTO_COMMIT": "true"],
      "stream-job: FIRSTCLICK_KAFKA_ENABLE_AUTO_COMMIT: Kafka property enable.auto.commit is not "
        + "free to set: "
    ),
  ])
  func `a wrong setting is refused before anything is touched, and no secret is shown`(
    environment: [String: String],
    message: String
  ) throws {
    let directory = try TemporaryDirectory()
    let run = try ProgramRun.run(
      "stream-job",
      ["--from", "kafka://127.0.0.1:1/shop"],
      in: directory,
      environment: environment
    )
    #expect(run.exitCode == 2)
    #expect(run.errorLines.count == 1)
    #expect(run.errors.hasPrefix(message), "\(run.errors)")
    #expect(!run.errors.contains("hunter2"))
    #expect(try directory.contents.isEmpty)
  }

  @Test func `no broker is one line, after a while`() throws {
    let directory = try TemporaryDirectory()
    let run = try ProgramRun.run(
      "stream-job",
      ["--from", "kafka://127.0.0.1:1/shop", "--into", "csv:out"],
      in: directory
    )
    #expect(run.exitCode == 1)
    #expect(run.errorLines.count == 1)
    #expect(
      run.errors.hasPrefix(
        "stream-job: could not read the topic \"shop-clicks\" at kafka://127.0.0.1:1/shop: "
      )
    )
    #expect(run.errors.contains("Connection refused"))
  }

  private static func run(
    _ program: String,
    _ arguments: [String],
    in directory: TemporaryDirectory
  ) throws {
    let outcome = try ProgramRun.run(program, arguments, in: directory)
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
  }
}
