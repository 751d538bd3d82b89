import CRDKafka
import Connect
import Synchronization

/// One partition as the client fetches it: into a queue of its own, from an offset on.
///
/// Started and read by one thread at a time; `stop` and the end's confirmation come from others.
/// Unchecked: the queue's handle never changes, and `isRunning` and `contact` stand behind locks.
final class PartitionFeed: @unchecked Sendable {
  struct Place: Hashable {
    var stream: StreamKind
    var partition: Int
  }

  /// What brokers have let be heard of the partition.
  private struct Contact {
    /// Messages, the end, or an answer.
    var heardAt = ContinuousClock.now
    /// Where the reader stands at the end, and when a broker last said so.
    var end: (offset: Int64, confirmedAt: ContinuousClock.Instant)?
    var nextQuery = ContinuousClock.now
    var failures = 0
    /// Why the last question was not answered; nil if it was.
    var failure: ConnectorError?
  }

  let place: Place
  let connection: KafkaConnection
  let queue: OpaquePointer
  private let isRunning = Mutex(false)
  private let isRetired = Atomic(false)
  private let contact = Mutex(Contact())
  /// What the queue's callback has; kept until it is called no more.
  private let arrival = Mutex<Arrival?>(nil)

  init(_ connection: KafkaConnection, _ stream: StreamKind, partition: Int) {
    self.connection = connection
    place = Place(stream: stream, partition: partition)
    queue = rd_kafka_queue_new(connection.client.handle)
    connection.register(self)
  }

  deinit {
    stop()
    rd_kafka_queue_cb_event_enable(queue, nil, nil)
    rd_kafka_queue_destroy(queue)
  }

  /// Has `wake` called, by a thread of the client, whenever something comes into the empty queue.
  func onArrival(_ wake: @escaping @Sendable () -> Void) {
    let new = Arrival(wake)
    arrival.withLock { arrival in
      rd_kafka_queue_cb_event_enable(
        queue,
        { _, opaque in
          guard let opaque else { return }
          Unmanaged<Arrival>.fromOpaque(opaque).takeUnretainedValue().wake()
        },
        Unmanaged.passUnretained(new).toOpaque()
      )
      // The queue's lock is held around the callback: the former one has returned.
      arrival = new
    }
  }

  var topicName: String { connection.client.settings.topic(of: place.stream) }

  /// `topic "shop-clicks", partition 3`.
  var description: String { "topic \"\(topicName)\", partition \(place.partition)" }

  /// Fetches from `position` on; does nothing once another feed has the partition.
  func start(at position: KafkaPosition) throws(ConnectorError) {
    let code = isRunning.withLock { isRunning in
      if isRunning {
        rd_kafka_consume_stop(connection.topic(place.stream), Int32(place.partition))
      }
      guard !isRetired.load(ordering: .acquiring) else { return RD_KAFKA_RESP_ERR_NO_ERROR }
      isRunning =
        rd_kafka_consume_start_queue(
          connection.topic(place.stream),
          Int32(place.partition),
          position.offset ?? Int64(RD_KAFKA_OFFSET_BEGINNING),
          queue
        ) == 0
      return isRunning ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error()
    }
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
      throw connection.client.error(code, attempting: "fetch \(description)")
    }
  }

  /// Ends fetching for good.
  func stop() {
    isRetired.store(true, ordering: .releasing)
    isRunning.withLock { isRunning in
      guard isRunning else { return }
      isRunning = false
      rd_kafka_consume_stop(connection.topic(place.stream), Int32(place.partition))
    }
  }

  /// The offsets of the oldest message and of the one that will come next, asked at the broker.
  ///
  /// Blocks up to `timeout` for each.
  func queryEnds(atMost timeout: Duration) -> Result<Range<Int64>, ConnectorError> {
    queryEnd(atMost: timeout).flatMap { high in
      query(Int64(RD_KAFKA_OFFSET_BEGINNING), atMost: timeout).map { min($0, high)..<high }
    }
  }

  /// The offset of the message that will come next, asked at the broker: behind the last committed
  /// transaction, where one is open.
  ///
  /// Blocks up to `timeout`.
  func queryEnd(atMost timeout: Duration) -> Result<Int64, ConnectorError> {
    query(Int64(RD_KAFKA_OFFSET_END), atMost: timeout)
  }

  /// Asks by the call for offsets by time, which takes the logical ones too: before 2.3 the one for
  /// these waits for an answer of the leader, however long that is gone:
  /// https://github.com/confluentinc/librdkafka/pull/4460.
  private func query(_ time: Int64, atMost timeout: Duration) -> Result<Int64, ConnectorError> {
    let list = rd_kafka_topic_partition_list_new(1)
    defer { rd_kafka_topic_partition_list_destroy(list) }
    let entry = rd_kafka_topic_partition_list_add(list, topicName, Int32(place.partition))
    entry?.pointee.offset = time
    let handle = connection.client.handle
    let code = rd_kafka_offsets_for_times(handle, list, timeout.wholeMilliseconds)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let answer = entry?.pointee,
      answer.err == RD_KAFKA_RESP_ERR_NO_ERROR, answer.offset >= 0
    else {
      let cause = code == RD_KAFKA_RESP_ERR_NO_ERROR ? entry?.pointee.err ?? code : code
      return .failure(connection.client.error(cause, attempting: "find the end of \(description)"))
    }
    return .success(answer.offset)
  }

  /// The offset of the message that will come next, as of the last fetch; nil before the first.
  var fetchedEnd: Int64? {
    var low: Int64 = 0
    var high: Int64 = 0
    let code = rd_kafka_get_watermark_offsets(
      connection.client.handle,
      topicName,
      Int32(place.partition),
      &low,
      &high
    )
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
  }

  // MARK: What is heard

  /// Messages have come.
  func heard() { contact.withLock { $0.heardAt = .now } }

  /// The reader has read up to the end, which is at `offset`.
  func reachedEnd(at offset: Int64) {
    let now = ContinuousClock.now
    contact.withLock { contact in
      contact.heardAt = now
      contact.end = (offset, now)
      contact.nextQuery = now
    }
  }

  /// The reader has read beyond what was the end.
  func leftEnd() { contact.withLock { $0.end = nil } }

  /// True while something was heard lately.
  var isHeard: Bool {
    contact.withLock { $0.heardAt }.duration(to: .now) < connection.watch.intervals.confirmation
  }

  /// True while the reader is at an end that a broker has confirmed lately.
  var isEndConfirmed: Bool {
    let confirmedAt = contact.withLock { $0.end?.confirmedAt }
    return confirmedAt.map { $0.duration(to: .now) < connection.watch.intervals.confirmation }
      ?? false
  }

  /// True when a broker should be asked for the end: it was not confirmed for a while, or nothing
  /// comes.
  func needsQuestion(every interval: Duration) -> Bool {
    let now = ContinuousClock.now
    let isDue = contact.withLock { contact in
      let last = contact.end?.confirmedAt ?? contact.heardAt
      return last.duration(to: now) >= interval && contact.nextQuery <= now
    }
    return isDue && isWaiting
  }

  /// Takes a broker's answer; if there was none, it is asked again ever more rarely.
  func take(_ answer: Result<Int64, ConnectorError>) {
    let now = ContinuousClock.now
    contact.withLock { contact in
      switch answer {
      case .success(let offset):
        contact.failures = 0
        contact.failure = nil
        contact.heardAt = now
        if let end = contact.end, offset <= end.offset { contact.end?.confirmedAt = now }
      case .failure(let error):
        contact.failures = min(contact.failures + 1, 5)
        contact.failure = error
      }
      contact.nextQuery = now + .seconds(1 << contact.failures)
    }
  }

  /// Why nothing has been heard for so long; nil if something was, or nobody listens.
  func silence(longerThan duration: Duration) -> ConnectorError? {
    let contact = contact.withLock { $0 }
    guard contact.heardAt.duration(to: .now) >= duration, isWaiting else { return nil }
    return contact.failure
  }

  /// Fetched, and nothing is there to be read.
  private var isWaiting: Bool {
    isRunning.withLock { $0 } && rd_kafka_queue_length(queue) == 0
  }
}
