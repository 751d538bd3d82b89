package import Connect
import Foundation

/// How a Kafka cluster is reached: brokers, topic prefix, and properties of the client library.
///
/// Any property of librdkafka by its name, less those that decide what is read and committed: they
/// are the job's. `NAME.file` reads the property NAME from a file, so that a secret need not stand
/// in the environment. Two names are ours:
///
///     memory                      bytes of fetched messages that wait to be read, default 256MiB
///     allow.plaintext.password    true: SASL PLAIN may send the password without TLS
///
/// Source of the names: CONFIGURATION.md of librdkafka 2.0.2.
package struct KafkaSettings: Sendable {
  package let brokers: [String]
  package let prefix: String
  /// Of fetched messages that wait to be read, all partitions together.
  package let memoryByteCount: Int
  /// The client library's own, checked.
  let properties: [ConnectorProperty]

  /// Checks everything that can be checked without a connection: names, values, files.
  ///
  /// - Parameters:
  ///   - brokers: `HOST:PORT` each; any of them leads to the others.
  ///   - prefix: of the two topics' names.
  ///   - properties: the more general ones first: a later one of the same name wins.
  /// - Throws: `.usage`, naming the property and where it was given; no secret is in the message.
  package init(
    brokers: [String],
    prefix: String,
    properties: [ConnectorProperty] = []
  ) throws(ConnectorError) {
    self.brokers = brokers
    self.prefix = prefix
    var own = OwnSettings()
    var handedOn: [ConnectorProperty] = []
    for property in properties {
      let property = try property.readingFile()
      guard try !own.take(property) else { continue }
      if let reason = ReservedProperties.reason(property.name) {
        throw ConnectorError(
          .usage,
          "\(property.place): Kafka property \(property.name) is not free to set: \(reason)",
          hint: "leave it out"
        )
      }
      if property.name == "group.id", property.value.isEmpty {
        throw .notRead(property, expected: "the name of a consumer group")
      }
      handedOn.removeAll { $0.name == property.name }
      handedOn.append(property)
    }
    memoryByteCount = own.memoryByteCount
    self.properties = handedOn
    try KafkaConfiguration(self, for: .member).check(
      allowsPlaintextPassword: own.allowsPlaintextPassword
    )
  }

  /// The topic of a stream.
  package func topic(of stream: StreamKind) -> String { "\(prefix)-\(stream.rawValue)" }

  /// The consumer group of the workers that feed a sink: the property `group.id`, or else named after
  /// topics and sink, since jobs that feed different sinks each read everything.
  func groupName(feeding sinkIdentity: String) -> String {
    property("group.id") ?? "firstclick-\(prefix)-\(sinkIdentity)"
  }

  /// What the user has set a property to.
  func property(_ name: String) -> String? { properties.first { $0.name == name }?.value }

  /// Values that no log line may show.
  var secrets: [String] {
    properties.filter { SecretProperties.names.contains($0.name) }.map(\.value)
      .filter { !$0.isEmpty }
  }
}

extension KafkaSettings: CustomStringConvertible {
  package var description: String { "kafka://\(brokers.joined(separator: ","))/\(prefix)" }
}

/// The settings with Kafka's prefix that the client library does not know.
private struct OwnSettings {
  var memoryByteCount = 256 << 20
  var allowsPlaintextPassword = false

  /// True when the property is one of these.
  mutating func take(_ property: ConnectorProperty) throws(ConnectorError) -> Bool {
    switch property.name {
    case "memory":
      memoryByteCount = try property.byteCount()
      return true
    case "allow.plaintext.password":
      guard let isAllowed = Bool(property.value.lowercased()) else {
        throw .notRead(property, expected: "true or false")
      }
      allowsPlaintextPassword = isAllowed
      return true
    default:
      return false
    }
  }
}

extension ConnectorProperty {
  private static let fileSuffix = ".file"

  /// `NAME.file` turned into NAME with the file's text, line ends at its end left out.
  fileprivate func readingFile() throws(ConnectorError) -> ConnectorProperty {
    guard name.hasSuffix(Self.fileSuffix) else { return self }
    guard let text = try? String(contentsOfFile: value, encoding: .utf8) else {
      throw ConnectorError(
        .usage,
        "\(place): could not read the file \"\(value)\"",
        hint: "name a readable text file that holds nothing but the value"
      )
    }
    let value = text.replacing(#/[\r\n]+$/#, with: "")
    return ConnectorProperty(
      name: String(name.dropLast(Self.fileSuffix.count)),
      value: value,
      place: place
    )
  }
}
