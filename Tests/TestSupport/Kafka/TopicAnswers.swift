import KafkaConnect
import Synchronization

/// What a `TopicFront` answers itself.
final class TopicAnswers: Sendable {
  struct State {
    var wishes: [TopicFront.Wish] = []
    /// By topic: what becomes of the next wishes for it.
    var script: [String: [TopicFront.Fate]]
    /// Of the topics that are there.
    var lags: [String: TopicFront.Lag] = [:]
    /// By broker port and topic, how often it was asked for since.
    var looks: [UInt16: [String: Int]] = [:]
    var allowsAutomaticTopics = false
  }

  private static let unknownTopic: Int16 = 3
  private static let noLeader: Int16 = 5
  private static let topicExists: Int16 = 36

  let state: Mutex<State>
  private let broker: LocalBroker
  private let lag: TopicFront.Lag

  init(_ broker: LocalBroker, script: [String: [TopicFront.Fate]], lag: TopicFront.Lag) {
    self.broker = broker
    self.lag = lag
    state = Mutex(State(script: script))
  }

  func makeTopic(_ name: String, partitionCount: Int, _ lag: TopicFront.Lag) throws {
    try broker.makeTopic(name, partitionCount: partitionCount)
    state.withLock { $0.lags[name] = lag }
  }

  /// The answer to a Metadata request, which `ask` has the broker answer for the topics it has.
  ///
  /// - Parameters:
  ///   - request: of version 4, the newest that the front offers.
  ///   - brokerPort: of the broker asked.
  ///   - ask: gives the answer's frame; nil when the broker is gone.
  /// - Returns: the answer's frame; nil when there is none.
  /// - Throws: for frames that are cut.
  func metadata(
    _ request: RequestFrame,
    at brokerPort: UInt16,
    _ ask: FrameRelay.Broker
  ) throws -> [UInt8]? {
    guard request.version == 4 else { return nil }
    var reader = FrameReader(request.body)
    let topics = try reader.texts().compactMap(\.self)
    let allowsAutomaticTopics = try reader.number(Int8.self) != 0
    let looks = state.withLock { state in
      if allowsAutomaticTopics, !topics.isEmpty { state.allowsAutomaticTopics = true }
      return topics.map { state.look(of: $0, at: brokerPort) }
    }
    let known = zip(topics, looks).filter { $1 != .unknown }
    var question = request
    question.version = 2
    var writer = FrameWriter()
    writer.number(Int32(known.count))
    for (topic, _) in known { writer.text(topic) }
    question.body = writer.bytes
    guard let frame = ask(question) else { return nil }
    var answer = try MetadataAnswer(Array(frame.dropFirst(4)))
    // The local broker names none; any other would do.
    answer.controller = answer.brokers.last?.id ?? -1
    for (index, (_, look)) in known.enumerated() where look == .leaderless {
      for partition in answer.topics[index].partitions.indices {
        answer.topics[index].partitions[partition].error = Self.noLeader
        answer.topics[index].partitions[partition].leader = -1
      }
    }
    for topic in topics where !known.contains(where: { $0.0 == topic }) {
      answer.topics.append(.init(error: Self.unknownTopic, name: topic))
    }
    return request.answer(answer.body)
  }

  /// The answer to a CreateTopics request.
  func makeTopics(_ request: RequestFrame) throws -> [UInt8]? {
    var reader = FrameReader(request.body)
    var wishes: [TopicFront.Wish] = []
    for _ in 0..<(try reader.number(Int32.self)) {
      let wish = TopicFront.Wish(
        try reader.text() ?? "",
        partitionCount: Int(try reader.number(Int32.self)),
        replicationFactor: Int(try reader.number(Int16.self))
      )
      // Replicas by partition, and settings: nobody here gives any.
      guard try reader.number(Int32.self) == 0, try reader.number(Int32.self) == 0 else {
        return nil
      }
      wishes.append(wish)
    }
    _ = try reader.number(Int32.self)
    let isCheck = request.version > 0 ? try reader.number(Int8.self) != 0 : false
    var writer = FrameWriter()
    if request.version >= 2 { writer.number(Int32(0)) }
    writer.number(Int32(wishes.count))
    for var wish in wishes {
      wish.isCheck = isCheck
      guard let (error, words) = try grant(wish) else { return nil }
      writer.text(wish.topic)
      writer.number(error)
      if request.version >= 1 { writer.text(words) }
    }
    return request.answer(writer.bytes)
  }

  /// Kafka's number of an error, 0 for none, and words; nil to end the connection.
  private func grant(_ wish: TopicFront.Wish) throws -> (Int16, String?)? {
    let (fate, isThere) = state.withLock { state in
      state.wishes.append(wish)
      return (state.nextFate(of: wish.topic), state.lags[wish.topic] != nil)
    }
    switch fate {
    case .cutOff: return nil
    case .refused(let error, let words): return (error, words)
    case .foundMade(let count):
      try makeTopic(wish.topic, partitionCount: count, lag)
      return (Self.topicExists, "Topic '\(wish.topic)' already exists.")
    case .made where isThere: return (Self.topicExists, "Topic '\(wish.topic)' already exists.")
    case .made:
      guard !wish.isCheck else { return (0, nil) }
      try makeTopic(wish.topic, partitionCount: wish.partitionCount, lag)
      return (0, nil)
    }
  }
}

extension TopicAnswers.State {
  /// How a topic looks to who asks a broker for it.
  fileprivate enum Look { case unknown, leaderless, whole }

  fileprivate mutating func look(of topic: String, at brokerPort: UInt16) -> Look {
    guard let lag = lags[topic] else { return .unknown }
    let count = looks[brokerPort, default: [:]][topic, default: 0]
    looks[brokerPort, default: [:]][topic] = count + 1
    return count < lag.unknown
      ? .unknown : count < lag.unknown + lag.leaderless ? .leaderless : .whole
  }

  fileprivate mutating func nextFate(of topic: String) -> TopicFront.Fate {
    guard var fates = script[topic], !fates.isEmpty else { return .made }
    defer { script[topic] = fates }
    return fates.removeFirst()
  }
}
