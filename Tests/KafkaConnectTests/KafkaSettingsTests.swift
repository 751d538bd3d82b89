import Connect
import Foundation
@testable import KafkaConnect
import Testing

@Suite struct KafkaSettingsTests {
  @Test func `any property of the client library is taken by its name`() throws {
    let settings = try Self.settings([
      "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512",
      "sasl.username": "shop", "sasl.password": "secret", "socket.timeout.ms": "5000",
      "memory": "64MiB", "group.id": "ours",
    ])
    #expect(settings.memoryByteCount == 64 << 20)
    #expect(settings.topic(of: .clicks) == "shop-clicks")
    #expect(settings.topic(of: .checkouts) == "shop-checkouts")
  }

  @Test(arguments: [
    (
      ["sekurity.protocol": "ssl"],
      "place of sekurity.protocol: could not set the Kafka property sekurity.protocol: "
        + "No such configuration property: \"sekurity.protocol\"; "
        + "see the properties of librdkafka 2.0, CONFIGURATION.md"
    ),
    (
      ["security.protocol": "tls"],
      "place of security.protocol: could not set the Kafka property security.protocol: "
        + "Invalid value \"tls\" for configuration property \"security.protocol\"; "
        + "see the properties of librdkafka 2.0, CONFIGURATION.md"
    ),
    (
      ["enable.auto.commit": "true"],
      "place of enable.auto.commit: Kafka property enable.auto.commit is not free to set: "
        + "positions are the sink's, in the transaction of the rows; leave it out"
    ),
    (
      ["partitioner": "random"],
      "place of partitioner: Kafka property partitioner is not free to set: a user's events meet "
        + "in one pair of partitions; leave it out"
    ),
    (
      ["memory": "lots"],
      "could not read place of memory: expected a size of at least 1MiB, such as 256MiB, "
        + "found \"lots\""
    ),
    (
      ["group.id": ""],
      "could not read place of group.id: expected the name of a consumer group, found \"\""
    ),
    (
      ["sasl.password.file": "/nowhere/secret"],
      "place of sasl.password.file: could not read the file \"/nowhere/secret\"; "
        + "name a readable text file that holds nothing but the value"
    ),
    (
      ["sasl.password": "secret"],
      "Kafka's sasl.password is given, but security.protocol plaintext would not use it; "
        + "set kafka.security.protocol to SASL_SSL"
    ),
    (
      ["security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.password": "s"],
      "Kafka's security.protocol sasl_plaintext with sasl.mechanism PLAIN would send the password "
        + "unencrypted; set kafka.security.protocol to SASL_SSL, or allow it by "
        + "kafka.allow.plaintext.password: true"
    ),
  ])
  func `a mistake is refused by name and place`(
    properties: [String: String],
    message: String
  ) throws {
    let error = #expect(throws: ConnectorError.self) { try Self.settings(properties) }
    #expect(error?.description == message)
    #expect(error?.kind == .usage)
  }

  @Test func `a certificate file that is not there is refused before anything is touched`() {
    let error = #expect(throws: ConnectorError.self) {
      try Self.settings(["security.protocol": "SSL", "ssl.ca.location": "/nowhere/ca.pem"])
    }
    #expect(error?.kind == .usage)
    #expect(
      error?.message.contains("ssl.ca.location failed") == true,
      "\(String(describing: error))"
    )
  }

  @Test func `a password may be sent without TLS only if that is allowed`() throws {
    var properties = [
      "security.protocol": "sasl_plaintext", "sasl.mechanism": "PLAIN", "sasl.username": "shop",
      "sasl.password": "secret",
    ]
    #expect(throws: ConnectorError.self) { try Self.settings(properties) }
    properties["allow.plaintext.password"] = "true"
    _ = try Self.settings(properties)
    // SCRAM proves that it knows the password without sending it.
    properties["allow.plaintext.password"] = nil
    properties["sasl.mechanism"] = "SCRAM-SHA-256"
    _ = try Self.settings(properties)
  }

  @Test func `a secret comes from a file, without its line end, and is never shown`() throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("firstclick-\(UUID().uuidString)")
    try Data("hush hush\n".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let settings = try Self.settings([
      "security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": "shop",
      "sasl.password.file": file.path,
    ])
    #expect("\(settings)" == "kafka://localhost:1/shop")
    #expect(settings.redacted("said hush hush\n") == "said ***\n")
  }

  @Test func `a group is named after topics and sink, unless it is given a name`() throws {
    #expect(try Self.settings([:]).groupName(feeding: "shop-1a2b") == "firstclick-shop-shop-1a2b")
    #expect(try Self.settings(["group.id": "ours"]).groupName(feeding: "shop-1a2b") == "ours")
  }

  private static func settings(_ properties: [String: String]) throws -> KafkaSettings {
    try KafkaSettings(
      brokers: ["localhost:1"],
      prefix: "shop",
      properties: properties.map {
        ConnectorProperty(name: $0.key, value: $0.value, place: "place of \($0.key)")
      }
    )
  }
}
