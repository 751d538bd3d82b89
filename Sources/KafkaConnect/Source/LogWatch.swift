import CRDKafka
import Connect
import Dispatch
import Logging
import Synchronization

/// Asks the cluster now and then what fetching alone does not say: whether the topics are still what
/// they were, and whether a partition that seems to have ended really has.
///
/// A client whose broker is out of reach looks like one at the end of a silent partition: nothing
/// comes. So an end counts only while a broker has confirmed it lately, by naming the same end; and of
/// partitions that no broker answers for, the log says so after a while, and why.
final class LogWatch: Sendable {
  /// For an answer that nobody waits for.
  private static let wakeTimeout = Duration.milliseconds(200)

  let intervals: WatchIntervals
  private let client: KafkaClient
  private let topics: TopicWatch
  private let wakeUp = DispatchSemaphore(value: 0)
  private let feedsToWake = Mutex<[PartitionFeed]>([])
  private let logger: Logger
  /// When to say again that partitions are silent; nil while none is.
  private let nextReminder = Mutex<ContinuousClock.Instant?>(nil)

  init(
    _ client: KafkaClient,
    partitionCount: Int,
    intervals: WatchIntervals,
    logger: Logger
  ) {
    self.client = client
    self.intervals = intervals
    self.logger = logger
    topics = TopicWatch(client, partitionCount: partitionCount, intervals: intervals)
  }

  /// Why reading cannot go on; nil if it can.
  var failure: ConnectorError? { topics.failure }

  /// A broker said that it does not know a topic: look soon.
  func suspectTopics() { topics.suspect() }

  /// Has the client look at a feed's broker soon.
  func wake(_ feed: PartitionFeed) {
    feedsToWake.withLock { $0.append(feed) }
    wakeUp.signal()
  }

  /// Waits until something may be due.
  func wait() {
    _ = wakeUp.wait(timeout: .now() + intervals.poll / .seconds(1))
    client.poll()
  }

  /// Does what is due; blocks while it asks.
  func check(_ feeds: [PartitionFeed]) {
    wakeClient()
    topics.checkIfDue()
    for feed in feeds where feed.needsQuestion(every: intervals.end) {
      feed.take(feed.queryEnd(atMost: intervals.query))
      wakeClient()
      // Partitions that are out of reach may take a while each.
      topics.checkIfDue()
      reportSilence(among: feeds)
    }
    reportSilence(among: feeds)
  }

  /// One line for all partitions of which nothing is heard, now and then.
  private func reportSilence(among feeds: [PartitionFeed]) {
    let silences = feeds.compactMap { feed in
      feed.silence(longerThan: intervals.silence).map { (feed, $0) }
    }
    let now = ContinuousClock.now
    guard let (feed, error) = silences.first else {
      let wasSilent = nextReminder.withLock { next in
        defer { next = nil }
        return next != nil
      }
      if wasSilent { logger.info("all partitions are heard of again") }
      return
    }
    let isDue = nextReminder.withLock { next in
      guard next.map({ $0 <= now }) ?? true else { return false }
      next = now + intervals.reminder
      return true
    }
    guard isDue else { return }
    logger.warning(
      "partitions are not read, no broker answers for them",
      metadata: [
        "partitions": "\(silences.count)", "first": "\(feed.description)",
        "error": "\(isLeaderless(feed) ? "the partition has no leader" : error.message)",
      ]
    )
  }

  /// A question to a partition without a leader only times out.
  private func isLeaderless(_ feed: PartitionFeed) -> Bool {
    let answer = TopicDescription.ask(feed.topicName, client, atMost: intervals.query)
    guard case .success(let topic?) = answer else { return false }
    return topic.leaderless.contains(feed.place.partition)
  }

  /// Asks brokers something: any request wakes the broker's thread in the client, which then looks
  /// at all of its partitions.
  private func wakeClient() {
    let sleepers = feedsToWake.withLock { feeds in
      defer { feeds = [] }
      return feeds
    }
    for feed in sleepers { _ = feed.queryEnd(atMost: Self.wakeTimeout) }
  }
}
