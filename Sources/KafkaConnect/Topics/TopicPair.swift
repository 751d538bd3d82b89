package import Connect
import Logging

/// The two topics of a stream, which must have equally many partitions.
package struct TopicPair {
  private static let patience = Duration.seconds(30)

  private let settings: KafkaSettings
  private let client: KafkaClient

  /// Connects in the background, and says nothing but what it throws.
  package init(_ settings: KafkaSettings) throws(ConnectorError) {
    self.settings = settings
    client = try KafkaClient(
      settings,
      role: .producer,
      logger: Logger(label: "kafka", factory: { _ in SwiftLogNoOpLogHandler() })
    )
  }

  /// Makes the topics that are missing, and returns how many partitions both have.
  ///
  /// - Parameters:
  ///   - partitions: nil: as many as there are, or those of a new log.
  ///   - replicationFactor: of new topics; nil: the brokers' default.
  /// - Throws: when no broker can be reached or the cluster refuses, and when a topic has another
  ///   number of partitions: then nothing was changed.
  package func prepare(
    partitions: Int?,
    replicationFactor: Int? = nil
  ) throws(ConnectorError) -> Int {
    var missing: [String] = []
    var existing: [(name: String, partitionCount: Int)] = []
    for name in names {
      if let found = try client.metadata(of: name) {
        existing.append((name, found.partitionCount))
      } else {
        missing.append(name)
      }
    }
    let count = partitions ?? existing.first?.partitionCount ?? KafkaLogWriter.newPartitionCount
    for topic in existing where topic.partitionCount != count {
      throw mismatch(
        topic.name,
        topic.partitionCount,
        expected: count,
        isAskedFor: partitions != nil
      )
    }
    if !missing.isEmpty {
      try client.makeTopics(missing, partitionCount: count, replicationFactor: replicationFactor)
    }
    for name in names { try awaitLeaders(of: name, partitionCount: count) }
    return count
  }

  private var names: [String] { StreamKind.allCases.map(settings.topic(of:)) }

  /// Returns when every broker's view of the topic may be relied on to take messages.
  private func awaitLeaders(of name: String, partitionCount: Int) throws(ConnectorError) {
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let found = try client.metadata(of: name)
      if let found, found.partitionCount != partitionCount {
        throw mismatch(name, found.partitionCount, expected: partitionCount, isAskedFor: true)
      }
      if let found, found.leaderlessCount == 0 { return }
      guard ContinuousClock.now < deadline else {
        throw ConnectorError(
          .transient,
          "topic \"\(name)\" at \(settings) has \(found?.leaderlessCount ?? partitionCount) of "
            + "\(partitionCount) partitions without a leader",
          hint: "see which of the brokers are down"
        )
      }
      client.poll(atMost: .milliseconds(100))
    }
  }

  private func mismatch(
    _ name: String,
    _ count: Int,
    expected: Int,
    isAskedFor: Bool
  ) -> ConnectorError {
    guard !isAskedFor else {
      return ConnectorError(
        .permanent,
        "topic \"\(name)\" at \(settings) has \(count) partitions, \(expected) were asked for",
        hint: "leave --partitions out, or write to another prefix"
      )
    }
    return ConnectorError(
      .permanent,
      "topics of \(settings) have \(expected) and \(count) partitions: both streams need the same "
        + "number",
      hint: "write to another prefix, or make the topics anew"
    )
  }
}
