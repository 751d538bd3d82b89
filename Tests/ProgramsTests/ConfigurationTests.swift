import Connect
import Dataflow
import Foundation
import Programs
import Testing

@Suite struct ConfigurationTests {
  @Test func `an option goes before the environment, and that before the file`() throws {
    try withConfigFile("window: 3h\n") { path in
      let variables = ["FIRSTCLICK_WINDOW": "2h"]
      let all = try Configuration(of: .streamJob, file: path, environment: variables)
      #expect(try all.value("window", option: EventSpan.hours(1)) == .hours(1))
      #expect(try all.value("window", option: EventSpan?.none) == .hours(2))
      let fileOnly = try Configuration(of: .streamJob, file: path, environment: [:])
      #expect(try fileOnly.value("window", option: EventSpan?.none) == .hours(3))
      #expect(try fileOnly.value("watermark", option: EventSpan?.none) == nil)
    }
  }

  @Test func `what is said to one program goes before what is said to all`() throws {
    try withConfigFile("partitions: 4\ngenerator:\n  partitions: 8\n") { path in
      let generator = try Configuration(of: .generator, file: path, environment: [:])
      #expect(try generator.value("partitions", option: PositiveCount?.none)?.count == 8)
      let variables = ["FIRSTCLICK_PARTITIONS": "2", "FIRSTCLICK_GENERATOR_PARTITIONS": "3"]
      let told = try Configuration(of: .generator, file: path, environment: variables)
      #expect(try told.value("partitions", option: PositiveCount?.none)?.count == 3)
    }
  }

  @Test func `the late policy of stream-job is not the generator's share`() throws {
    let variables = ["FIRSTCLICK_LATE": "drop"]
    let generator = try Configuration(of: .generator, file: nil, environment: variables)
    #expect(try generator.value("late", option: String?.none) == nil)
    let job = try Configuration(of: .streamJob, file: nil, environment: variables)
    #expect(try job.value("late", option: String?.none) == "drop")
  }

  @Test(arguments: [
    ("into: x\nwindwo: 1h\n", ":2: windwo is no setting of any program"),
    ("stream-job:\n  rate: 5\n", ":2: rate is no setting of stream-job"),
    ("stream-job: 5\n", ":1: expected `key: value`"),
    ("into: [a, b]\n", ":1: into: expected one value"),
    ("into: 'x\n", ":2: expected YAML"),
  ])
  func `a mistake in the file is refused by file, line and key`(
    text: String,
    message: String
  ) throws {
    try withConfigFile(text) { path in
      let failure = try #require(throws: Failure.self) {
        try Configuration(of: .streamJob, file: path, environment: [:])
      }
      #expect(failure.kind == .usage)
      #expect(failure.message.hasSuffix(path + message))
    }
  }

  @Test func `variables that no program knows are told`() throws {
    let variables = [
      "FIRSTCLICK_COMIT_INTERVAL": "banana", "FIRSTCLICK_COMMIT_INTERVAL": "1s",
      "FIRSTCLICK_GENERATOR_LATE": "0.1", "FIRSTCLICK_GENERATOR_EMIT": "final",
      "FIRSTCLICK_KAFKA_SASL_PASSWORD_FILE": "p", "FIRSTCLICK_STREAM_JOB_KINESIS_SLICES": "4",
      "FIRSTCLICK_KAFKAESQUE": "1", "FIRSTCLICK_PASSWORD_FILE": "p", "FIRSTCLICK_NOTIFY_URL": "u",
      "OTHER": "1",
    ]
    let configuration = try Configuration(of: .batchJob, file: nil, environment: variables)
    #expect(
      configuration.strayVariables == [
        "FIRSTCLICK_COMIT_INTERVAL", "FIRSTCLICK_GENERATOR_EMIT", "FIRSTCLICK_KAFKAESQUE",
      ]
    )
  }

  @Test func `a value that cannot be read names where it stands`() throws {
    try withConfigFile("window: soon\n") { path in
      let configuration = try Configuration(of: .streamJob, file: path, environment: [:])
      let failure = try #require(throws: Failure.self) {
        try configuration.value("window", option: EventSpan?.none)
      }
      #expect(
        failure.message == "could not read \(path):1: window: expected a duration such as 90s, 5m, "
          + "1h or 1d, up to 100 years, found \"soon\""
      )
    }
  }

  @Test func `a named file must be there`() throws {
    let failure = try #require(throws: Failure.self) {
      try Configuration(of: .streamJob, file: "/nowhere/f.yaml", environment: [:])
    }
    #expect(failure.message == "could not read the config file /nowhere/f.yaml")
  }

  @Test func `a family of keys takes any name, from environment, file and section`() throws {
    let text = """
      kafka.security.protocol: SSL
      kafka:
        ssl.ca.location: /ca.pem
      stream-job:
        kafka.client.id: job
        kafka:
          group.id: ours
      """
    try withConfigFile(text) { path in
      let variables = [
        "FIRSTCLICK_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
        "FIRSTCLICK_GENERATOR_KAFKA_CLIENT_ID": "generator",
      ]
      let job = try Configuration(of: .streamJob, file: path, environment: variables)
      #expect(
        job.properties(of: "kafka") == [
          ConnectorProperty(name: "client.id", value: "job", place: "\(path):5: kafka.client.id"),
          ConnectorProperty(name: "group.id", value: "ours", place: "\(path):7: group.id"),
          ConnectorProperty(
            name: "security.protocol",
            value: "SASL_SSL",
            place: "FIRSTCLICK_KAFKA_SECURITY_PROTOCOL"
          ),
          ConnectorProperty(
            name: "ssl.ca.location",
            value: "/ca.pem",
            place: "\(path):3: ssl.ca.location"
          ),
        ]
      )
      let generator = try Configuration(of: .generator, file: path, environment: variables)
      #expect(
        generator.properties(of: "kafka").map(\.value) == ["generator", "SASL_SSL", "/ca.pem"]
      )
    }
  }

  @Test func `an empty file sets nothing`() throws {
    try withConfigFile("# nothing yet\n") { path in
      let configuration = try Configuration(of: .streamJob, file: path, environment: [:])
      #expect(try configuration.value("into", option: String?.none) == nil)
    }
  }
}

private func withConfigFile(_ text: String, _ body: (String) throws -> Void) throws {
  let file = FileManager.default.temporaryDirectory
    .appendingPathComponent("firstclick-\(UUID().uuidString).yaml")
  try Data(text.utf8).write(to: file)
  defer { try? FileManager.default.removeItem(at: file) }
  try body(file.path)
}
