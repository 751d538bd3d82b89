import CRDKafka
import Connect
import Dispatch
import Synchronization

/// How often `LogWatch` asks, and how long an answer counts.
package struct WatchIntervals: Sendable {
  /// Between looks at what is due.
  package var poll = Duration.milliseconds(500)
  /// How long a confirmed end counts.
  package var confirmation = Duration.seconds(10)
  /// Between two questions for an end.
  package var end = Duration.seconds(3)
  /// Between two questions for the topics.
  package var topics = Duration.seconds(30)
  /// Until the next question for topics that were not there.
  package var recheck = Duration.seconds(2)
  /// For an answer.
  package var query = Duration.seconds(2)
  /// A topic that is not known for so long was deleted; brokers that start may not know it yet.
  package var deletion = Duration.seconds(10)

  package init() {}
}

/// Asks the cluster now and then what fetching alone does not say: whether the topics are still what
/// they were, and whether a partition that seems to have ended really has.
///
/// A client whose broker is out of reach looks like one at the end of a silent partition: nothing
/// comes. So an end counts only while a broker has confirmed it lately, by naming the same end.
final class LogWatch: Sendable {
  private struct State {
    var failure: ConnectorError?
    var missingSince: ContinuousClock.Instant?
    var nextTopicCheck: ContinuousClock.Instant
  }

  /// For an answer that nobody waits for.
  private static let wakeTimeout = Duration.milliseconds(200)

  let intervals: WatchIntervals
  private let client: KafkaClient
  private let partitionCount: Int
  private let state: Mutex<State>
  private let wakeUp = DispatchSemaphore(value: 0)
  private let feedsToWake = Mutex<[PartitionFeed]>([])

  init(_ client: KafkaClient, partitionCount: Int, intervals: WatchIntervals) {
    self.client = client
    self.partitionCount = partitionCount
    self.intervals = intervals
    state = Mutex(State(nextTopicCheck: .now + intervals.topics))
  }

  /// Why reading cannot go on; nil if it can.
  var failure: ConnectorError? { state.withLock { $0.failure } }

  /// A broker said that it does not know a topic: look soon.
  func suspectTopics() { state.withLock { $0.nextTopicCheck = .now } }

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
    if state.withLock({ $0.nextTopicCheck <= .now }) { checkTopics() }
    for feed in feeds where feed.needsConfirmation(every: intervals.end) {
      let ends = feed.queryEnds(atMost: intervals.query)
      feed.confirm(end: try? ends.get().upperBound)
      wakeClient()
    }
  }

  /// Asks brokers something: any request wakes the broker's thread in the client, which then looks
  /// at all of its partitions.
  private func wakeClient() {
    let sleepers = feedsToWake.withLock { feeds in
      defer { feeds = [] }
      return feeds
    }
    for feed in sleepers { _ = feed.queryEnds(atMost: Self.wakeTimeout) }
  }

  private func checkTopics() {
    var isMissing = false
    for stream in StreamKind.allCases {
      switch TopicLayout.ask(client, stream, atMost: intervals.query) {
      case .partitions(partitionCount), .failed: break
      case .partitions(let count):
        let topic = client.settings.topic(of: stream)
        return fail(.grownTopic(topic, from: partitionCount, to: "\(count)"))
      case .missing: isMissing = true
      }
    }
    let isDeleted = state.withLock { state in
      let now = ContinuousClock.now
      state.missingSince = isMissing ? state.missingSince ?? now : nil
      state.nextTopicCheck = now + (isMissing ? intervals.recheck : intervals.topics)
      return state.missingSince.map { $0.duration(to: now) >= intervals.deletion } ?? false
    }
    guard isDeleted else { return }
    fail(
      ConnectorError(
        .permanent,
        "a topic of \(client.settings) was deleted while it was read",
        hint: "a topic made anew is another log: attribute it into another database"
      )
    )
  }

  private func fail(_ error: ConnectorError) {
    state.withLock { state in
      state.failure = error
      state.nextTopicCheck = .now + intervals.topics
    }
  }
}

extension ConnectorError {
  /// A topic has another number of partitions than when the job started.
  static func grownTopic(_ topic: String, from before: Int, to now: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "topic \"\(topic)\" has \(now) partitions now, it had \(before) when the job started",
      hint: "give both topics as many and start the job again: it takes the new ones in; users who "
        + "change partition lose the clicks before, so do it while producers are silent for an hour"
    )
  }
}
