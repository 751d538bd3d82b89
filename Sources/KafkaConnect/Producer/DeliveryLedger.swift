import CRDKafka

/// What was handed to the client library, and what became of it.
///
///     appended = delivered + failed + on the way
///
/// Reports come for runs of messages of one partition, one event a run: counting them costs nothing
/// per message.
struct DeliveryLedger {
  private(set) var appended = 0
  /// Stored, as the brokers said.
  private(set) var delivered = 0
  private(set) var failed = 0
  private(set) var firstFailure: KafkaFailure?
  /// True when a partition held messages before the first one of ours.
  private(set) var hasOlderMessages = false
  /// By input: whether a report has come for it.
  private var isReported: [Bool]

  /// - Parameter inputCount: partitions of both topics.
  init(inputCount: Int) { isReported = Array(repeating: false, count: inputCount) }

  var onTheWay: Int { appended - delivered - failed }

  mutating func append(_ count: Int) { appended += count }

  /// Counts a delivery report; the event remains the caller's.
  mutating func take(_ report: OpaquePointer) {
    let count = rd_kafka_event_message_count(report)
    let code = rd_kafka_event_error(report)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      failed += count
      if firstFailure == nil { firstFailure = KafkaFailure(code: code, text: "") }
      return
    }
    delivered += count
    // Before librdkafka hands a message out it only moves it; it stays the event's.
    guard let first = rd_kafka_event_message_next(report) else { return }
    let input = Int(bitPattern: first.pointee._private)
    guard isReported.indices.contains(input), !isReported[input] else { return }
    isReported[input] = true
    if first.pointee.offset > 0 { hasOlderMessages = true }
  }
}
