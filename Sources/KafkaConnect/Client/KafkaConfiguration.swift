import CRDKafka
import Connect

/// librdkafka's configuration object, owned until a client takes it.
struct KafkaConfiguration: ~Copyable {
  private static let errorCapacity = 512

  private let settings: KafkaSettings
  private let role: KafkaRole
  /// Nil once a client owns it.
  private var object: OpaquePointer?

  init(_ settings: KafkaSettings, for role: KafkaRole) throws(ConnectorError) {
    self.settings = settings
    self.role = role
    object = rd_kafka_conf_new()
    try set("client.id", "firstclick")
    for (name, value) in role.defaults { try set(name, value) }
    for property in settings.properties where role.takes(property.name) { try set(property) }
    for (name, value) in role.requirements { try set(name, value) }
  }

  deinit { if let object { rd_kafka_conf_destroy(object) } }

  /// Sets a property that the job decides.
  func set(_ name: String, _ value: String) throws(ConnectorError) {
    try set(ConnectorProperty(name: name, value: value, place: "kafka.\(name)"))
  }

  private func set(_ property: ConnectorProperty) throws(ConnectorError) {
    let error = Self.errorText { text, capacity in
      rd_kafka_conf_set(object, property.name, property.value, text, capacity) == RD_KAFKA_CONF_OK
    }
    guard let error else { return }
    // The library quotes the value that it could not use.
    let isSecret = SecretProperties.names.contains(property.name)
    throw ConnectorError(
      .usage,
      "\(property.place): could not set the Kafka property \(property.name)"
        + (isSecret ? "" : ": \(error)"),
      hint: "see the properties of librdkafka 2.0, CONFIGURATION.md"
    )
  }

  /// A property's value in force; empty when it has none.
  func value(_ name: String) -> String {
    var capacity = 512
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      guard let start = buffer.baseAddress,
        rd_kafka_conf_get(object, name, start, &capacity) == RD_KAFKA_CONF_OK
      else { return "" }
      return String(cString: start)
    }
  }

  /// Gives `change` the object, for callbacks.
  func withObject(_ change: (OpaquePointer?) -> Void) { change(object) }

  /// A client of this configuration, which is used up.
  consuming func makeHandle() throws(ConnectorError) -> OpaquePointer {
    var handle: OpaquePointer?
    let type = role == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER
    let error = Self.errorText { text, capacity in
      handle = rd_kafka_new(type, object, text, capacity)
      return handle != nil
    }
    guard let handle else {
      throw ConnectorError(
        .usage,
        "could not make a Kafka client of the properties given: "
          + settings.redacted(error ?? "no reason given"),
        hint: "see the kafka.* settings and FIRSTCLICK_KAFKA_* variables"
      )
    }
    // The client owns the object now.
    object = nil
    return handle
  }

  /// Checks what the properties mean together, and that the files they name can be used.
  consuming func check(allowsPlaintextPassword: Bool) throws(ConnectorError) {
    let transport = value("security.protocol")
    let mechanism = value("sasl.mechanisms").uppercased()
    let sendsPassword = mechanism == "PLAIN" || mechanism == "OAUTHBEARER"
    if transport == "sasl_plaintext", sendsPassword, !allowsPlaintextPassword {
      throw ConnectorError(
        .usage,
        "Kafka's security.protocol sasl_plaintext with sasl.mechanism \(mechanism) would send the "
          + "password unencrypted",
        hint: "set kafka.security.protocol to SASL_SSL, or allow it by "
          + "kafka.allow.plaintext.password: true"
      )
    }
    if !transport.hasPrefix("sasl"), !settings.secrets.isEmpty,
      settings.properties.contains(where: { $0.name == "sasl.password" })
    {
      throw ConnectorError(
        .usage,
        "Kafka's sasl.password is given, but security.protocol \(transport) would not use it",
        hint: "set kafka.security.protocol to SASL_SSL"
      )
    }
    // Without brokers a client loads keys and certificates, and connects to nothing.
    withObject { rd_kafka_conf_set_log_cb($0) { _, _, _, _ in } }
    rd_kafka_destroy(try makeHandle())
  }

  /// The text that `attempt` left in its buffer; nil if it succeeded.
  private static func errorText(
    _ attempt: (UnsafeMutablePointer<CChar>, Int) -> Bool
  ) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: errorCapacity) { buffer in
      guard let start = buffer.baseAddress else { return "no memory" }
      start.pointee = 0
      return attempt(start, errorCapacity) ? nil : String(cString: start)
    }
  }
}

extension KafkaSettings {
  /// The text without any secret that it may quote.
  package func redacted(_ text: String) -> String {
    secrets.reduce(text) { $0.replacing($1, with: "***") }
  }
}
