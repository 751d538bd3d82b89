import CRDKafka
import Logging
import Synchronization

/// What a client's callbacks are told: its log and its errors.
///
/// librdkafka's callbacks capture nothing; they find this object through the opaque pointer.
final class ClientEvents: Sendable {
  private let settings: KafkaSettings
  private let logger: Logger
  /// How long a failure that comes again is no news.
  private static let silence = Duration.seconds(60)

  private let failure = Mutex<(last: KafkaFailure, at: ContinuousClock.Instant)?>(nil)
  private let hasTopicDoubt = Atomic(false)

  init(_ settings: KafkaSettings, _ logger: Logger) {
    self.settings = settings
    self.logger = logger
  }

  var lastFailure: KafkaFailure? { failure.withLock { $0?.last } }

  /// The last one, if it is no older than a failure that comes again is no news.
  var recentFailure: KafkaFailure? {
    failure.withLock { $0 }.flatMap { $0.at.duration(to: .now) < Self.silence ? $0.last : nil }
  }

  /// True once after a topic or partition was reported that is not there.
  func takeTopicDoubt() -> Bool { hasTopicDoubt.exchange(false, ordering: .acquiringAndReleasing) }

  static func setCallbacks(on configuration: OpaquePointer?) {
    rd_kafka_conf_set_log_cb(configuration) { handle, _, facility, text in
      guard let handle, let events = ClientEvents.of(rd_kafka_opaque(handle)) else { return }
      events.log(facility, text)
    }
    rd_kafka_conf_set_error_cb(configuration) { _, code, text, opaque in
      guard let events = ClientEvents.of(opaque) else { return }
      let failure = KafkaFailure(
        code: rd_kafka_resp_err_t(code),
        text: text.map { String(cString: $0) } ?? ""
      )
      events.take(failure)
    }
  }

  /// The object behind a callback's opaque pointer, which the client keeps alive.
  static func of(_ opaque: UnsafeMutableRawPointer?) -> ClientEvents? {
    opaque.map { Unmanaged<ClientEvents>.fromOpaque($0).takeUnretainedValue() }
  }

  private func log(_ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?) {
    guard logger.logLevel <= .debug, let text else { return }
    logger.debug(
      "\(settings.redacted(String(cString: text)))",
      metadata: ["facility": "\(facility.map { String(cString: $0) } ?? "")"]
    )
  }

  /// Keeps the failure; one log line when it is another than before, or after a while.
  func take(_ failure: KafkaFailure) {
    if failure.isUnknownTopic { hasTopicDoubt.store(true, ordering: .releasing) }
    let now = ContinuousClock.now
    let isNews = self.failure.withLock { former in
      // That all brokers are down says less than why one of them is.
      if failure.code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, former != nil { return false }
      let isOld = former.map { $0.at.duration(to: now) > Self.silence } ?? true
      // That a connection broke off says less than why a broker refuses.
      if !isOld, former?.last.isRefusal == true, !failure.isRefusal { return false }
      defer { former = (failure, now) }
      return isOld || former?.last.code != failure.code
    }
    guard isNews else { return }
    logger.warning(
      "Kafka connection in trouble, the client goes on trying",
      metadata: ["error": "\(settings.redacted(failure.text))"]
    )
  }
}
