package import KafkaConnect
import Synchronization

/// A cluster that makes topics when it is asked to, before a local broker, which cannot.
///
/// CreateTopics (KIP-4, versions 0 to 4) is answered here, by the script if there is one for the
/// topic, and what is asked for is kept; a topic made so is made at the local broker, which would
/// make one of 4 partitions at the first question for it. So questions for topics that are not there
/// end here, and the broker's answers get these topics added. Everything else passes as it is.
package final class TopicFront: Sendable {
  /// A topic that somebody wanted.
  package struct Wish: Hashable, Sendable {
    package var topic: String
    package var partitionCount: Int
    package var replicationFactor: Int
    /// It was only to be found out whether it could be made.
    package var isCheck: Bool

    package init(
      _ topic: String,
      partitionCount: Int,
      replicationFactor: Int,
      isCheck: Bool = false
    ) {
      self.topic = topic
      self.partitionCount = partitionCount
      self.replicationFactor = replicationFactor
      self.isCheck = isCheck
    }
  }

  /// What becomes of a wish.
  package enum Fate: Sendable {
    case made
    /// Kafka's number of an error, and the cluster's words.
    case refused(Int16, String)
    /// Somebody else makes the topic right before.
    case foundMade(partitionCount: Int)
    /// The connection ends without an answer.
    case cutOff
  }

  /// How a topic made just now looks for a while, counted in questions for it at each broker.
  package struct Lag: Sendable {
    package var unknown: Int
    package var leaderless: Int

    package init(unknown: Int, leaderless: Int) {
      self.unknown = unknown
      self.leaderless = leaderless
    }
  }

  private let answers: TopicAnswers
  private let relay: FrameRelay

  /// - Parameters:
  ///   - broker: without the topics that are to be made.
  ///   - script: what becomes of the wishes for a topic, in their order; then they are `.made`.
  ///   - lag: of topics made.
  /// - Throws: when there is no port.
  package init(
    before broker: LocalBroker,
    script: [String: [Fate]] = [:],
    lag: Lag = Lag(unknown: 0, leaderless: 0)
  ) throws {
    let answers = TopicAnswers(broker, script: script, lag: lag)
    self.answers = answers
    relay = try FrameRelay(
      before: broker,
      versions: [FrameRelay.Key.createTopics: 4, FrameRelay.Key.metadata: 4]
    ) { request, port, ask in
      switch request.key {
      case FrameRelay.Key.createTopics: try answers.makeTopics(request)
      case FrameRelay.Key.metadata: try answers.metadata(request, at: port, ask)
      default: ask(request)
      }
    }
  }

  /// The listeners' addresses, as clients name brokers.
  package var bootstrap: String { relay.bootstrap }

  /// What was asked for so far.
  package var wishes: [Wish] { answers.state.withLock { $0.wishes } }

  /// True once a client has asked for a topic in a way that makes it.
  package var allowsAutomaticTopics: Bool { answers.state.withLock { $0.allowsAutomaticTopics } }

  /// True for a topic that is there, whether brokers know it already or not.
  package func has(_ topic: String) -> Bool { answers.state.withLock { $0.lags[topic] != nil } }

  /// Makes a topic that is known at once.
  package func makeTopic(_ name: String, partitionCount: Int) throws {
    try answers.makeTopic(name, partitionCount: partitionCount, Lag(unknown: 0, leaderless: 0))
  }

  /// Ends it; must be called.
  package func stop() { relay.stop() }
}
