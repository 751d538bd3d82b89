package import CRDKafka
package import Connect
package import Logging
import Synchronization

/// One client of librdkafka: its threads, its connections, and what it says about them.
///
/// The library's log goes to our logger at debug level. Errors of brokers are kept for messages, and
/// logged when they change; they reach us only while somebody polls.
///
/// May be used by any thread. Unchecked: the handle is never changed, and librdkafka's functions
/// are thread-safe.
package final class KafkaClient: @unchecked Sendable {
  /// librdkafka's `rd_kafka_t`, valid as long as this object.
  package let handle: OpaquePointer
  package let settings: KafkaSettings
  private let events: ClientEvents
  private let retainedEvents: Unmanaged<ClientEvents>

  /// Makes a client; it connects in the background.
  ///
  /// - Parameters:
  ///   - settings: of the user, checked.
  ///   - role: producer or consumer.
  ///   - properties: what this client needs beside them.
  ///   - defaults: what serves this client better than the role's defaults; the user's settings win.
  ///   - logger: for the library's log and the state of connections.
  ///   - configure: sets callbacks on the `rd_kafka_conf_t`; the opaque pointer is taken.
  /// - Throws: `.usage` when the library refuses the properties.
  package init(
    _ settings: KafkaSettings,
    role: KafkaRole,
    properties: KeyValuePairs<String, String> = [:],
    defaults: KeyValuePairs<String, String> = [:],
    logger: Logger,
    configure: (OpaquePointer?) -> Void = { _ in }
  ) throws(ConnectorError) {
    let configuration = try KafkaConfiguration(settings, for: role)
    try configuration.set("bootstrap.servers", settings.brokers.joined(separator: ","))
    for (name, value) in properties { try configuration.set(name, value) }
    for (name, value) in defaults where settings.property(name) == nil {
      try configuration.set(name, value)
    }
    let events = ClientEvents(settings, logger)
    let retainedEvents = Unmanaged.passRetained(events)
    configuration.withObject { object in
      rd_kafka_conf_set_opaque(object, retainedEvents.toOpaque())
      ClientEvents.setCallbacks(on: object)
      configure(object)
    }
    do {
      handle = try configuration.makeHandle()
    } catch {
      retainedEvents.release()
      throw error
    }
    self.settings = settings
    self.events = events
    self.retainedEvents = retainedEvents
  }

  /// Closing connections takes a moment; answers under way are not waited for.
  private static let destructionTimeout = Duration.seconds(3)

  /// Whoever lets go of a client goes on, even if the library does not.
  ///
  /// From 2.0.2 to 2.6.0 it waits forever for its own threads when a partition was taken away that
  /// the client had: https://github.com/confluentinc/librdkafka/pull/4724. What is left does nothing.
  deinit {
    // It is the call's alone from here on.
    nonisolated(unsafe) let handle = handle
    let events = retainedEvents
    BoundedCall.wait(atMost: Self.destructionTimeout) {
      // Waits for the library's threads: no callback comes after it.
      rd_kafka_destroy(handle)
      events.release()
    }
  }

  /// Serves callbacks, and waits for them up to `timeout`.
  package func poll(atMost timeout: Duration = .zero) {
    rd_kafka_poll(handle, timeout.wholeMilliseconds)
  }

  /// Takes an error event of a queue, as the error callback does when the client is polled.
  func take(error event: OpaquePointer) {
    let text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
    events.take(KafkaFailure(code: rd_kafka_event_error(event), text: text))
  }

  /// The error of a connection that was reported last; nil if there was none.
  package var connectionError: KafkaFailure? { events.lastFailure }

  /// The same, if it was reported lately: a connection that is away is reported again and again.
  var recentConnectionError: KafkaFailure? { events.recentFailure }

  /// The error that has ended what this client does, for good; nil if there was none.
  var fatalFailure: KafkaFailure? {
    var text = [CChar](repeating: 0, count: 512)
    let code = rd_kafka_fatal_error(handle, &text, text.count)
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return KafkaFailure(code: code, text: String(decoding: bytes, as: UTF8.self))
  }

  /// True once after something said that a topic or partition is not there: reading of it is told so
  /// in the error callback too, not where messages are.
  func takeTopicDoubt() -> Bool { events.takeTopicDoubt() }

  /// The error behind `code` of an attempt, such as `read the topics`: a connection's error says
  /// more than a time-out does.
  package func error(
    _ code: rd_kafka_resp_err_t,
    attempting attempt: String
  ) -> ConnectorError {
    poll()
    let failure = KafkaFailure(code: code, text: "")
    let cause = failure.isConnection ? connectionError ?? failure : failure
    return cause.connectorError(attempting: attempt, of: settings)
  }
}

extension Duration {
  /// For the library's time-outs, at most about 24 days.
  var wholeMilliseconds: Int32 {
    Int32(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
  }
}
