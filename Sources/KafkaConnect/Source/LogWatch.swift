import CRDKafka
import Connect
import Synchronization

/// Asks the cluster now and then what fetching alone does not say: whether the topics are still what
/// they were, and whether a partition that seems to have ended really has.
///
/// A client whose broker is out of reach looks like one at the end of a silent partition: nothing
/// comes. So an end counts only while a broker has confirmed it lately, by naming the same end.
final class LogWatch: Sendable {
  static let pollTimeout = Duration.milliseconds(500)
  /// How long a confirmed end counts.
  static let confirmation = Duration.seconds(10)

  private static let endInterval = Duration.seconds(3)
  private static let topicInterval = Duration.seconds(30)
  /// After an answer that is no good.
  private static let recheckInterval = Duration.seconds(2)
  private static let queryTimeout = Duration.seconds(2)
  /// A topic that is not known for so long was deleted; brokers that start may not know it yet.
  private static let deletionTimeout = Duration.seconds(10)

  private struct State {
    var failure: ConnectorError?
    var missingSince: ContinuousClock.Instant?
    var nextTopicCheck = ContinuousClock.now + topicInterval
  }

  private let client: KafkaClient
  private let partitionCount: Int
  private let state = Mutex(State())

  init(_ client: KafkaClient, partitionCount: Int) {
    self.client = client
    self.partitionCount = partitionCount
  }

  /// Why reading cannot go on; nil if it can.
  var failure: ConnectorError? { state.withLock { $0.failure } }

  /// A broker said that it does not know a topic: look soon.
  func suspectTopics() { state.withLock { $0.nextTopicCheck = .now } }

  /// Does what is due; blocks while it asks.
  func check(_ feeds: [PartitionFeed]) {
    if state.withLock({ $0.nextTopicCheck <= .now }) { checkTopics() }
    for feed in feeds where feed.needsConfirmation(every: Self.endInterval) {
      let ends = feed.queryEnds(atMost: Self.queryTimeout)
      feed.confirm(end: try? ends.get().upperBound)
    }
  }

  private func checkTopics() {
    var isMissing = false
    for stream in StreamKind.allCases {
      switch TopicLayout.ask(client, stream, atMost: Self.queryTimeout) {
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
      state.nextTopicCheck = now + (isMissing ? Self.recheckInterval : Self.topicInterval)
      return state.missingSince.map { $0.duration(to: now) >= Self.deletionTimeout } ?? false
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
      state.nextTopicCheck = .now + Self.topicInterval
    }
  }
}

extension ConnectorError {
  /// A topic has another number of partitions than when the job started.
  static func grownTopic(_ topic: String, from before: Int, to now: String) -> ConnectorError {
    ConnectorError(
      .permanent,
      "topic \(topic) has \(now) partitions now, it had \(before) when the job started",
      hint: "give both topics as many and start the job again: it takes the new ones in; users who "
        + "change partition lose the clicks before, so do it while producers are silent for an hour"
    )
  }
}
