import CRDKafka
import Connect
import Dispatch
import Synchronization

/// Asks the cluster now and then what fetching alone does not say: whether the topics are still what
/// they were, and whether a partition that seems to have ended really has.
///
/// A client whose broker is out of reach looks like one at the end of a silent partition: nothing
/// comes. So an end counts only while a broker has confirmed it lately, by naming the same end.
final class LogWatch: Sendable {
  /// For an answer that nobody waits for.
  private static let wakeTimeout = Duration.milliseconds(200)

  let intervals: WatchIntervals
  private let client: KafkaClient
  private let topics: TopicWatch
  private let wakeUp = DispatchSemaphore(value: 0)
  private let feedsToWake = Mutex<[PartitionFeed]>([])

  init(_ client: KafkaClient, partitionCount: Int, intervals: WatchIntervals) {
    self.client = client
    self.intervals = intervals
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
    for feed in feeds where feed.needsConfirmation(every: intervals.end) {
      feed.confirm(end: try? feed.queryEnd(atMost: intervals.query).get())
      wakeClient()
      // Partitions that are out of reach may take a while each.
      topics.checkIfDue()
    }
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
