import Connect
import KafkaConnect

/// A line that makes something go wrong, or right again.
enum BrokerCommand: Equatable {
  case down(LocalBroker.Target)
  case up(LocalBroker.Target)
  case latency(LocalBroker.Target, Duration)
  case error(LocalBroker.Request, name: String, count: Int)
  case topic(String, partitionCount: Int)
  case topicError(String, name: String?)
  case leader(topic: String, partition: Int, broker: Int)

  /// How the lines are written.
  static let forms = [
    "down BROKER", "up BROKER", "latency BROKER DURATION", "error REQUEST ERROR [COUNT]",
    "topic NAME PARTITIONS", "topic-error NAME ERROR|none", "leader TOPIC PARTITION BROKER",
  ]

  /// Throws a usage error for a line of no such form.
  init(parsing line: String) throws(ConnectorError) {
    let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let command = Self(words) else {
      throw ConnectorError(
        .usage,
        "could not read the command \"\(line)\"",
        hint: "write \(Self.forms.joined(separator: "; "))"
      )
    }
    self = command
  }

  private init?(_ words: [String]) {
    switch (words.first, words.count) {
    case ("down", 2):
      guard let target = LocalBroker.Target(text: words[1]) else { return nil }
      self = .down(target)
    case ("up", 2):
      guard let target = LocalBroker.Target(text: words[1]) else { return nil }
      self = .up(target)
    case ("latency", 3):
      guard let target = LocalBroker.Target(text: words[1]),
        let latency = Duration(durationText: words[2])
      else { return nil }
      self = .latency(target, latency)
    case ("error", 3...4):
      guard let request = LocalBroker.Request(rawValue: words[1]),
        let count = words.count == 4 ? Int(words[3]) : 1, count > 0
      else { return nil }
      self = .error(request, name: words[2], count: count)
    case ("topic", 3):
      guard let count = Int(words[2]), count > 0 else { return nil }
      self = .topic(words[1], partitionCount: count)
    case ("topic-error", 3):
      self = .topicError(words[1], name: words[2] == "none" ? nil : words[2])
    case ("leader", 4):
      guard let partition = Int(words[2]), partition >= 0, let broker = Int(words[3]) else {
        return nil
      }
      self = .leader(topic: words[1], partition: partition, broker: broker)
    default: return nil
    }
  }

  func perform(on broker: LocalBroker) throws(ConnectorError) {
    switch self {
    case .down(let target): try broker.takeDown(target)
    case .up(let target): try broker.bringUp(target)
    case .latency(let target, let latency): try broker.setLatency(of: target, to: latency)
    case .error(let request, let name, let count):
      try broker.fail(request, with: name, count: count)
    case .topic(let name, let count): try broker.makeTopic(name, partitionCount: count)
    case .topicError(let topic, let name): try broker.setError(ofTopic: topic, to: name)
    case .leader(let topic, let partition, let number):
      try broker.moveLeader(ofTopic: topic, partition: partition, to: number)
    }
  }
}

extension LocalBroker.Target {
  /// `all`, or a number.
  fileprivate init?(text: String) {
    if text == "all" {
      self = .all
    } else if let number = Int(text) {
      self = .broker(number)
    } else {
      return nil
    }
  }
}
