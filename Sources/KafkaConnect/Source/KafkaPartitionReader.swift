import CRDKafka
import Connect
import Logging

/// Reads one partition of one topic, in runs of whole fetched messages.
///
///     offset   7    8    9   (10 is a marker)   11      end: 12
///     next     7 -> 8 -> 9 ->                   11 ->   12, when the end is reported
///
/// `next` is what a later reader would start with. It follows the messages' own offsets, and at the
/// end of the partition the broker's, which counts the markers behind the last message too.
final class KafkaPartitionReader: PartitionReader {
  private static let runCapacity = 1024
  /// How long an end before the bound may be a broker that has not caught up itself.
  private static let shortLogTimeout = Duration.seconds(30)
  private static let queryTimeout = Duration.seconds(5)

  private let feed: PartitionFeed
  private let bound: ReadBound
  /// Of a bound by position: the offset not to be read any more.
  private let end: Int64?
  private let gapPolicy: GapPolicy

  private var shelf = MessageShelf(capacity: runCapacity)
  /// That of the run before.
  private var formerShelf = MessageShelf(capacity: runCapacity)
  private var next: KafkaPosition
  private var isStarted = false
  /// The last thing that came was the end of the partition.
  private var isAtEnd = false
  private var endReachedAt: ContinuousClock.Instant?
  /// An event that stands behind the messages of the last run.
  private var pending: FetchFault?
  private var gap: LogGap?
  private var averageByteCount = 256
  /// The queue held about as much as it may.
  private var wasFull = false
  /// The error that was logged last, so that a lasting one is logged once.
  private var loggedCode = RD_KAFKA_RESP_ERR_NO_ERROR

  init(
    _ feed: PartitionFeed,
    from position: KafkaPosition,
    until bound: ReadBound,
    end: Int64?,
    gapPolicy: GapPolicy
  ) {
    self.feed = feed
    self.bound = bound
    self.end = end
    self.gapPolicy = gapPolicy
    next = position
  }

  // The client cannot end while messages of its own are out.
  deinit {
    shelf.removeAll()
    formerShelf.removeAll()
  }

  var position: SourcePosition { next.sourcePosition }

  func read(atMost byteCount: Int) throws(ConnectorError) -> MessageRun {
    swap(&shelf, &formerShelf)
    shelf.removeAll()
    if let failure = feed.connection.watch.failure { throw failure }
    if let fault = pending { try settle(fault) }
    guard !isDone else { return run(from: next) }
    if !isStarted {
      try feed.start(at: next)
      isStarted = true
    }
    let start = next
    // Asking an empty queue is a system call, even without waiting.
    let waiting = rd_kafka_queue_length(feed.queue)
    askForMore(when: waiting * averageByteCount)
    if waiting > 0 {
      shelf.fetch(from: feed.queue, atMost: max(1, byteCount / averageByteCount))
      takeFetched()
    }
    if isAtEnd, let end, let offset = next.offset, offset < end { try waitForEnd(offset, end) }
    return run(from: start)
  }

  func lag() throws(ConnectorError) -> Int64 {
    if let end { return max(0, end - (next.offset ?? 0)) }
    // Only a reader that does not read asks the broker.
    guard isStarted else { return try queriedLag() }
    // Messages may have come since the last fetch.
    guard let last = feed.fetchedEnd, feed.isHeard else {
      throw ConnectorError(.transient, "\(feed.description) has not said lately where it ends")
    }
    return max(0, last - (next.offset ?? 0))
  }

  /// Throws where reading from here would: the log has ended before, or begins behind.
  private func queriedLag() throws(ConnectorError) -> Int64 {
    let ends = try feed.queryEnds(atMost: Self.queryTimeout).get()
    if let offset = next.offset, offset > ends.upperBound {
      throw lostTail(at: offset, end: ends.upperBound)
    }
    if let lost = lostRecords(before: ends.lowerBound), gapPolicy == .fail {
      throw refusal(of: lost)
    }
    return ends.upperBound - max(next.offset ?? 0, ends.lowerBound)
  }

  func onArrival(_ wake: @escaping @Sendable () -> Void) { feed.onArrival(wake) }

  // MARK: Taking

  /// True when a bound by position is reached.
  private var isDone: Bool {
    guard case .position = bound else { return false }
    // Up to the oldest message: nothing had been read.
    guard let end else { return true }
    return next.offset.map { $0 >= end } ?? false
  }

  private func run(from start: KafkaPosition) -> MessageRun {
    defer { gap = nil }
    let first = shelf.messages.first.map { KafkaPosition.offset($0.offset) } ?? start
    return MessageRun(
      messages: shelf.messages,
      byteCount: shelf.byteCount,
      isCaughtUp: isCaughtUp,
      startPosition: first.sourcePosition,
      gap: gap
    )
  }

  /// At the end of what this reader is to read, and no broker away that might know better.
  private var isCaughtUp: Bool {
    switch bound {
    case .never: isAtEnd && pending == nil && feed.isEndConfirmed
    case .endOfLog: (isAtEnd || isAtFetchedEnd) && pending == nil
    case .position: isDone
    }
  }

  /// Everything is taken that the partition had at the last fetch: the end will only be reported
  /// after another one, which waits for more.
  private var isAtFetchedEnd: Bool {
    guard shelf.count > 0, let offset = next.offset, let end = feed.fetchedEnd else { return false }
    // A leader that was elected just now may name an earlier end than the one before it.
    return offset == end
  }

  /// Wakes the client when a queue that was full is half empty.
  ///
  /// librdkafka 2.0 looks at a full queue again only when something else happens at that broker, or
  /// after a second: by then it would have run dry.
  private func askForMore(when byteCount: Int) {
    let capacity = feed.connection.queueByteCount
    if byteCount >= capacity / 4 * 3 {
      wasFull = true
    } else if wasFull, byteCount < capacity / 2 {
      wasFull = false
      feed.connection.watch.wake(feed)
    }
  }

  private func takeFetched() {
    defer { if shelf.count > 0 { feed.heard() } }
    for case let message? in shelf.fetchedMessages {
      let message = message.pointee
      switch message.err {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        if let end, message.offset >= end {
          next = .offset(end)
          return
        }
        shelf.append(message)
        next = .offset(message.offset + 1)
        if isAtEnd {
          isAtEnd = false
          feed.leftEnd()
        }
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        next = .offset(max(message.offset, next.offset ?? 0))
        isAtEnd = true
        endReachedAt = .now
        feed.reachedEnd(at: message.offset)
      default:
        let fault = FetchFault(message)
        pending = fault
        // What comes behind it is not what follows it.
        if fault.kind == .damaged { return }
      }
    }
    guard shelf.count > 0 else { return }
    averageByteCount = max(1, shelf.byteCount / shelf.count)
  }

  // MARK: Trouble

  /// Deals with an event other than the end: throws what will not pass.
  private func settle(_ fault: FetchFault) throws(ConnectorError) {
    switch fault.kind {
    case .outOfRange:
      guard let ends = try? feed.queryEnds(atMost: Self.queryTimeout).get() else { return }
      try goOn(within: ends)
    case .unknownTopic:
      feed.connection.watch.suspectTopics()
    case .damaged, .forbidden:
      throw fault.error(in: feed)
    case .passing:
      if fault.code != loggedCode {
        feed.connection.logger.warning(
          "fetching is in trouble, the client goes on trying",
          metadata: ["partition": "\(feed.description)", "error": "\(fault.text)"]
        )
      }
    }
    loggedCode = fault.code
    pending = nil
  }

  /// The broker does not have the next offset: finds out why, and goes on where the policy allows.
  private func goOn(within ends: Range<Int64>) throws(ConnectorError) {
    isAtEnd = false
    feed.leftEnd()
    if let offset = next.offset, offset > ends.upperBound {
      // A rebuild begins before what was read.
      throw lostTail(at: end ?? offset, end: ends.upperBound)
    }
    if let lost = lostRecords(before: ends.lowerBound) {
      guard gapPolicy == .skip else { throw refusal(of: lost) }
      gap = lost
      next = .offset(min(ends.lowerBound, end ?? .max))
      // What was read before is not lost with the log.
      if end == nil { report(lost) }
    }
    if !isDone { try feed.start(at: next) }
  }

  /// What lies between the next message and the oldest one that there is; nil if nothing does.
  private func lostRecords(before oldest: Int64) -> LogGap? {
    guard let offset = next.offset, offset < oldest else { return nil }
    return LogGap(
      from: next.sourcePosition,
      to: KafkaPosition.offset(oldest).sourcePosition,
      records: oldest - offset,
      reason: "the topic's retention removed them before they were read"
    )
  }

  private func report(_ skipped: LogGap) {
    feed.connection.logger.warning(
      "went on behind messages that the topic no longer has",
      metadata: [
        "partition": "\(feed.description)", "from": "\(skipped.from?.token ?? "the first")",
        "to": "\(skipped.to)",
      ]
    )
  }

  private func refusal(of lost: LogGap) -> ConnectorError {
    ConnectorError(
      .lost,
      "\(feed.description) no longer has the offsets from \(lost.from?.token ?? "the first") to "
        + "\(lost.to) (exclusive), \(lost.records ?? 0) messages at most: \(lost.reason)",
      hint: "--on-gap skip goes on at \(lost.to) and lists the gap in log_gaps"
    )
  }

  private func lostTail(at offset: Int64, end: Int64) -> ConnectorError {
    ConnectorError(
      .lost,
      "\(feed.description) was read up to offset \(offset) (exclusive), and now ends at \(end): "
        + "the offsets from \(end) on are gone, or are other messages by now",
      hint: "the topic was made anew, or an election has lost its newest messages: attribute what "
        + "it has into another database"
    )
  }

  /// A rebuild reads what was once read: a log that ends before has lost it.
  private func waitForEnd(_ offset: Int64, _ end: Int64) throws(ConnectorError) {
    guard let endReachedAt, endReachedAt.duration(to: .now) > Self.shortLogTimeout else { return }
    throw lostTail(at: end, end: offset)
  }
}
