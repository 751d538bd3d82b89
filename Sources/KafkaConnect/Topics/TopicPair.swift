package import Connect
import Logging

/// The two topics of a stream before they are written: there, and of equally many partitions.
package struct TopicPair {
  private static let reachTimeout = Duration.seconds(10)
  /// For topics to be made, and then to be known to every broker.
  private static let creationTimeout = Duration.seconds(30)
  /// Of a topic that is made, one after another, and between them.
  private static let goodAnswersPerBroker = 4
  private static let answerInterval = Duration.milliseconds(50)

  private let settings: KafkaSettings
  private let client: KafkaClient

  /// Connects in the background, and says nothing but what it throws.
  package init(_ settings: KafkaSettings) throws(ConnectorError) {
    self.settings = settings
    client = try KafkaClient(
      settings,
      role: .producer,
      logger: Logger(label: "kafka") { _ in SwiftLogNoOpLogHandler() }
    )
  }

  /// Makes the topics that are missing.
  ///
  /// - Parameters:
  ///   - partitions: nil: as many as there are, or those of a new log.
  ///   - replicationFactor: of new topics; nil: the brokers' default.
  /// - Returns: how many partitions both have.
  /// - Throws: when no broker can be reached or the cluster refuses, and when a topic has another
  ///   number of partitions: then nothing was changed.
  package func prepare(
    partitions: Int?,
    replicationFactor: Int? = nil
  ) throws(ConnectorError) -> Int {
    var counts: [StreamKind: Int] = [:]
    for stream in StreamKind.allCases { counts[stream] = try partitionCount(of: stream) }
    let count = try commonCount(of: counts, askedFor: partitions)
    let missing = StreamKind.allCases.filter { counts[$0] == nil }
    guard !missing.isEmpty else { return count }
    try client.makeTopics(
      missing.map(settings.topic(of:)),
      partitionCount: count,
      replicationFactor: replicationFactor,
      atMost: Self.creationTimeout
    )
    for stream in missing { counts[stream] = try awaitCreation(of: stream) }
    // Somebody else may have made them meanwhile, with another number.
    return try commonCount(of: counts, askedFor: partitions)
  }

  /// How many partitions both topics have, or are to have, where these have so many.
  private func commonCount(
    of counts: [StreamKind: Int],
    askedFor partitions: Int?
  ) throws(ConnectorError) -> Int {
    let existing = StreamKind.allCases.compactMap { counts[$0] }
    let count = partitions ?? existing.first ?? KafkaLogWriter.newPartitionCount
    for stream in StreamKind.allCases {
      guard let found = counts[stream], found != count else { continue }
      throw partitions == nil
        ? unequal(count, found) : unasked(stream, partitionCount: found, askedFor: count)
    }
    return count
  }

  /// Of a topic; nil when there is none.
  private func partitionCount(of stream: StreamKind) throws(ConnectorError) -> Int? {
    let topic = settings.topic(of: stream)
    return try client.describe(topic, before: .now + Self.reachTimeout)?.partitionCount
  }

  /// The partitions of a topic made just now, once the brokers know it and its leaders.
  ///
  /// Not every broker does at once, and the client library takes an answer that knows no topic, after
  /// one that does, for its end: it then gives the messages up. It asks a broker by chance, so that
  /// several good answers one after another say that all brokers know.
  private func awaitCreation(of stream: StreamKind) throws(ConnectorError) -> Int {
    let deadline = ContinuousClock.now + Self.creationTimeout
    let topic = settings.topic(of: stream)
    var goodAnswers = 0
    while ContinuousClock.now < deadline {
      switch TopicDescription.ask(topic, client, atMost: Self.reachTimeout) {
      case .success(.some(let found)) where found.leaderless.isEmpty:
        goodAnswers += 1
        if goodAnswers >= Self.goodAnswersPerBroker * found.brokers.count {
          return found.partitionCount
        }
      case .success: goodAnswers = 0
      case .failure:
        goodAnswers = 0
        // It says what the cluster refuses, and waits while no broker can be reached.
        _ = try partitionCount(of: stream)
      }
      client.poll(atMost: Self.answerInterval)
    }
    throw ConnectorError(
      .transient,
      "topic \"\(topic)\" was made at \(settings), but not every broker knows it yet",
      hint: "start again in a moment"
    )
  }

  private func unasked(
    _ stream: StreamKind,
    partitionCount: Int,
    askedFor: Int
  ) -> ConnectorError {
    ConnectorError(
      .permanent,
      "topic \"\(settings.topic(of: stream))\" at \(settings) has \(partitionCount) partitions, "
        + "\(askedFor) were asked for",
      hint: "leave --partitions out, or write to another prefix"
    )
  }

  private func unequal(_ clicks: Int, _ checkouts: Int) -> ConnectorError {
    ConnectorError(
      .permanent,
      "topics of \(settings) have \(clicks) and \(checkouts) partitions: both streams need the "
        + "same number",
      hint: "write to another prefix, or make the topics anew"
    )
  }
}
