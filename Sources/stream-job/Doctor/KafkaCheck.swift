import Connect
import Dataflow
import KafkaConnect
import Logging
import PostgresConnect
import Programs

/// The Kafka cluster: brokers, topics, whether they pair up, permissions and clocks.
struct KafkaCheck {
  private static let reachTimeout = Duration.seconds(10)
  /// How far clocks may differ without a word.
  private static let tolerance = EventSpan(microseconds: 5_000_000)

  let settings: KafkaSettings
  let destination: Destination
  let futureGuard: EventSpan?
  let logger: Logger

  func findings() -> [Finding] {
    do throws(ConnectorError) {
      let inspection = try ClusterInspection(settings, logger: logger)
      var descriptions: [StreamKind: TopicDescription] = [:]
      for stream in StreamKind.allCases {
        descriptions[stream] = try inspection.describe(
          settings.topic(of: stream),
          atMost: Self.reachTimeout
        )
      }
      let topics = StreamKind.allCases.map { topic($0, descriptions[$0]) }
      return cluster(descriptions) + topics + pairing(descriptions) + [group(inspection)]
        + clocks(inspection, descriptions)
    } catch {
      return [.fail("Kafka", error)]
    }
  }

  private func cluster(_ descriptions: [StreamKind: TopicDescription]) -> [Finding] {
    guard let brokers = descriptions.values.first?.brokers else { return [] }
    return [.ok("Kafka", "brokers \(brokers.joined(separator: ", "))")]
  }

  private func topic(_ stream: StreamKind, _ description: TopicDescription?) -> Finding {
    let name = "topic \"\(settings.topic(of: stream))\""
    guard let description else {
      return .fail(
        name,
        "does not exist",
        advice: "Make it, or have `swift run generator --to \(settings)` make both."
      )
    }
    let count = "\(description.partitionCount) partitions"
    if !description.leaderless.isEmpty {
      return .fail(
        name,
        "\(count), \(description.leaderless.count) of them without a leader",
        advice: "See which of the brokers are down."
      )
    }
    if description.underReplicatedCount > 0 {
      return .warn(
        name,
        "\(count), \(description.underReplicatedCount) of them under-replicated",
        advice: "A job runs; see which of the brokers is down or behind."
      )
    }
    return .ok(name, count)
  }

  private func pairing(_ descriptions: [StreamKind: TopicDescription]) -> [Finding] {
    let counts = descriptions.values.map(\.partitionCount)
    guard counts.count == 2, Set(counts).count > 1 else { return [] }
    return [
      .fail(
        "co-partitioning",
        "the topics differ in their number of partitions",
        advice: "Give both the same number: a user's events must meet in one pair."
      )
    ]
  }

  private func group(_ inspection: ClusterInspection) -> Finding {
    do throws(ConnectorError) {
      let group = try inspection.checkGroup(feeding: sinkIdentity)
      return .ok("group", "this user may join \"\(group)\"")
    } catch {
      return .fail("group", error)
    }
  }

  /// Nil for a database that is not there yet.
  private var sinkIdentity: String? {
    guard case .database(let choice) = destination else { return nil }
    let address = try? choice.runningAddress
    return address.flatMap { try? PostgresSink($0).sharedIdentity() }
  }

  /// Compares the newest timestamps with this machine's clock.
  private func clocks(
    _ inspection: ClusterInspection,
    _ descriptions: [StreamKind: TopicDescription]
  ) -> [Finding] {
    StreamKind.allCases.compactMap { stream in
      guard let count = descriptions[stream]?.partitionCount,
        let stamp = try? inspection.newestStamp(of: stream, partitionCount: count)
      else { return nil }
      return clock(of: stream, stamp)
    }
  }

  private func clock(of stream: StreamKind, _ stamp: ClusterInspection.Stamp) -> Finding {
    let now = EventTime.wallClock
    let whose = stamp.isBrokers ? "broker's" : "producer's"
    let distance = EventSpan(
      microseconds: abs(now.microseconds - stamp.time.microseconds)
    )
    let text = Figures.duration(.microseconds(distance.microseconds))
    guard stamp.time > now + Self.tolerance else {
      return .ok("\(stream) clock", "the newest message is \(text) old by its \(whose) clock")
    }
    let isGuarded = futureGuard.map { distance > $0 } ?? false
    return .warn(
      "\(stream) clock",
      "the newest message is \(text) ahead of this machine's clock by its \(whose) clock",
      advice: "Set the clocks by NTP"
        + (isGuarded ? ": events so far ahead move no watermark." : ".")
    )
  }
}
