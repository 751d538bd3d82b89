import AWSClient
import Connect
import Dataflow
import Logging
import Synchronization

/// The calls by which shards are read and listed: which is due, and what is made of its answer.
///
///     slices -> feeds: what is wanted where -> GetShardIterator, GetRecords -> pages
///
/// May be used by any thread; every call blocks the one that makes it. Whoever makes them waits for
/// `signal` while nothing is due.
final class ShardCalls: Sendable {
  /// Between two words about throttling.
  private static let reportInterval: Duration = .seconds(60)

  private struct State {
    var feeds: [String: WeakFeed] = [:]
    var turn = 0
    var reportedThrottled = 0
    var nextReport = ContinuousClock.now + reportInterval
    /// Shards and streams whose last call did not succeed.
    var troubled: Set<String> = []
  }

  private struct WeakFeed {
    weak var feed: ShardFeed?
  }

  private let client: KinesisClient
  private let streams: [StreamKind: StreamShards]
  private let memoryByteCount: Int
  private let pacing: ShardPacing
  private let logger: Logger
  /// Posted when something may be due sooner than was said.
  let signal = WorkSignal()
  private let meter = ReadMeter()
  private let state = Mutex(State())

  init(
    _ client: KinesisClient,
    streams: [StreamKind: StreamShards],
    memoryByteCount: Int,
    pacing: ShardPacing,
    logger: Logger
  ) {
    self.client = client
    self.streams = streams
    self.memoryByteCount = memoryByteCount
    self.pacing = pacing
    self.logger = logger
    for stream in streams.values { stream.onWant { [signal] in signal.post() } }
  }

  /// What was asked of each shard so far, and what came.
  var reads: [PartReads] { meter.reads }

  /// The feed of a shard, the same for all who ask; read as long as one of them holds it.
  func feed(of shard: Shard, in stream: StreamShards) -> ShardFeed {
    state.withLock { state in
      let key = "\(stream.name)/\(shard.id)"
      if let feed = state.feeds[key]?.feed { return feed }
      let feed = ShardFeed(
        shard,
        of: stream.stream,
        named: stream.name,
        pacing: pacing,
        onWant: { [signal] in signal.post() }
      )
      state.feeds[key] = WeakFeed(feed: feed)
      return feed
    }
  }

  /// Makes the call whose turn it is, if one is due.
  ///
  /// - Returns: when to look again, unless `signal` says it before.
  func makeNext() -> ContinuousClock.Instant {
    let now = ContinuousClock.now
    for stream in streams.values where stream.beginListIfDue(at: now) {
      list(stream)
      return now
    }
    var times = streams.values.compactMap(\.nextList)
    times.append(reportThrottling(now))
    let (feeds, turn) = state.withLock { state in
      state.feeds = state.feeds.filter { $0.value.feed != nil }
      state.turn += 1
      return (state.feeds.values.compactMap(\.feed), state.turn)
    }
    for index in feeds.indices {
      let feed = feeds[(index + turn) % feeds.count]
      let due = feed.takeDue(at: now)
      guard let task = due.task else {
        if let next = due.next { times.append(next) }
        continue
      }
      serve(task, of: feed, byteLimit: memoryByteCount / max(1, feeds.count))
      // Threads that wait have not seen what is due next.
      signal.post()
      return now
    }
    return times.min() ?? now + Self.reportInterval
  }

  private func serve(_ task: ShardFeed.Task, of feed: ShardFeed, byteLimit: Int) {
    let outcome = fetch(task, of: feed, byteLimit: byteLimit / 2)
    meter.note(outcome, of: feed.shard.id, in: feed.stream)
    note(outcome, of: "shard \(feed.shard.id) of stream \"\(feed.streamName)\"")
    let page = feed.settle(task, outcome, byteLimit: byteLimit)
    if let page, page.misroutedCount > 0 { warn(of: page, in: feed) }
  }

  private func list(_ stream: StreamShards) {
    do throws(ServiceError) {
      stream.take(try client.listShards(of: stream.name, retrying: .once))
      note(nil, of: "stream \"\(stream.name)\"")
    } catch {
      stream.failed()
      note(.trouble(error), of: "stream \"\(stream.name)\"")
    }
  }

  /// The page of a task; `byteLimit` is about how large it may be.
  private func fetch(
    _ task: ShardFeed.Task,
    of feed: ShardFeed,
    byteLimit: Int
  ) -> ShardFeed.Outcome {
    do throws(ServiceError) {
      let iterator: ShardIterator
      if let known = task.iterator {
        iterator = known
      } else {
        iterator = try self.iterator(at: task.place, of: feed)
      }
      let asked = EventTime.wallClock
      let page = try client.records(
        from: iterator,
        of: feed.shard.id,
        in: feed.streamName,
        limit: min(max(byteLimit / task.averageByteCount, 1), KinesisClient.greatestPage),
        retrying: .once
      )
      if page.next == nil { try settleEnd(page, of: feed) }
      if case .after(let number) = task.place, number.subsequence != nil,
        let first = page.records.first, page.sequenceNumber(of: first) != number.sequence
      {
        return .lost("record \(number.sequence) of \(feed.shard.id) is no longer there")
      }
      return .page(page, asked: asked)
    } catch {
      return outcome(of: error, task, feed)
    }
  }

  /// Takes over what the end of a shard tells of those behind it.
  ///
  /// An end is committed, and nothing is read of the shard any more: an answer that only lacks its
  /// iterator must not be taken for one. Amazon's ends name children; of others the list of the
  /// stream's shards says whether they are closed.
  ///
  /// - Throws: `.unreadable` if the shard is not closed as far as the stream says.
  private func settleEnd(_ page: RecordsPage, of feed: ShardFeed) throws(ServiceError) {
    guard let stream = streams[feed.stream] else { return }
    guard page.children.isEmpty else { return stream.take(children: page.children) }
    if stream.isClosed(feed.shard.id) { return }
    stream.take(try client.listShards(of: stream.name, retrying: .once))
    guard stream.isClosed(feed.shard.id) else {
      throw client.unreadable(
        "GetRecords",
        on: KinesisClient.resource(stream.name, shard: feed.shard.id),
        "expected NextShardIterator in its answer, since ListShards does not say that the shard is "
          + "closed"
      )
    }
  }

  private func iterator(
    at place: ShardPosition.Place,
    of feed: ShardFeed
  ) throws(ServiceError) -> ShardIterator {
    let start: IteratorStart =
      switch place {
      case .oldest: .trimHorizon
      // An aggregate that was read in part comes once more.
      case .after(let number):
        number.subsequence == nil ? .after(number.sequence) : .at(number.sequence)
      case .end: preconditionFailure("shard \(feed.shard.id) is read beyond its end")
      }
    return try client.shardIterator(
      of: feed.shard.id,
      in: feed.streamName,
      from: start,
      retrying: .once
    )
  }

  private func outcome(
    of error: ServiceError,
    _ task: ShardFeed.Task,
    _ feed: ShardFeed
  ) -> ShardFeed.Outcome {
    if error.code == "ExpiredIteratorException" { return .expired }
    if error.isThrottling { return .throttled }
    if error.code == "ResourceNotFoundException" {
      // A shard that has nothing left may be forgotten by the service before we have looked.
      return task.place == .oldest ? .gone : .lost(error.reason)
    }
    // A place that was right when it was committed is refused once the record is no longer kept.
    if error.code == "InvalidArgumentException", error.action == "kinesis:GetShardIterator",
      task.place != .oldest
    {
      return .lost(error.reason)
    }
    return error.isTransient ? .trouble(error) : .failed(error.connectorError)
  }

  // MARK: Words

  /// One line when trouble starts and one when it is over; throttling is no trouble.
  private func note(_ outcome: ShardFeed.Outcome?, of resource: String) {
    switch outcome {
    case .trouble(let error):
      guard state.withLock({ $0.troubled.insert(resource).inserted }) else { return }
      logger.warning(
        "reading is in trouble, trying again with backoff",
        metadata: ["resource": "\(resource)", "error": "\(error.connectorError)"]
      )
    case .page, nil:
      guard state.withLock({ $0.troubled.remove(resource) }) != nil else { return }
      logger.info("reading goes on", metadata: ["resource": "\(resource)"])
    default: break
    }
  }

  private func warn(of page: UnpackedPage, in feed: ShardFeed) {
    logger.warning(
      "aggregated records are not of the shard they are in: left out, their producer sends them again",
      metadata: [
        "stream": "\(feed.streamName)", "shard": "\(feed.shard.id)",
        "records": "\(page.misroutedCount)",
      ]
    )
  }

  /// - Returns: when the next word is due.
  private func reportThrottling(_ now: ContinuousClock.Instant) -> ContinuousClock.Instant {
    let counts = client.counts
    let (throttled, next) = state.withLock { state in
      guard state.nextReport <= now else { return (0, state.nextReport) }
      state.nextReport = now + Self.reportInterval
      defer { state.reportedThrottled = counts.throttled }
      return (counts.throttled - state.reportedThrottled, state.nextReport)
    }
    guard throttled > 0 else { return next }
    logger.warning(
      "the service has throttled calls: shards are read as fast as it allows",
      metadata: ["throttled": "\(throttled)", "calls": "\(counts.sent)"]
    )
    return next
  }
}

extension ServiceError {
  /// What was refused and why, within a sentence.
  fileprivate var reason: String {
    "\(action) on \(resource) was refused with \(code): \(message)"
  }
}
