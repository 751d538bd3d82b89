import Connect
import Foundation
import KafkaConnect
import TestSupport
import Testing

/// The generator where topics are missing, at a cluster that makes topics as Kafka does.
@Suite(.mostlyWaits) struct TopicCreationTests {
  /// What one run of the generator has left behind.
  private struct Trial {
    var uri: String
    var outcome: ProgramRun.Outcome
    var wishes: [TopicFront.Wish]
    var allowsAutomaticTopics: Bool
    /// Messages by partition; nil where there is no topic.
    var clicks: [Int]?
    var checkouts: [Int]?
  }

  private static let both = ["shop-clicks", "shop-checkouts"]

  /// Has 600 events, 500 of them clicks, written.
  private static func generate(
    _ options: [String] = [],
    existing: [String: Int] = [:],
    script: [String: [TopicFront.Fate]] = [:],
    lag: TopicFront.Lag = .init(unknown: 0, leaderless: 0)
  ) throws -> Trial {
    let directory = try TemporaryDirectory()
    let broker = try LocalBroker(brokerCount: 3)
    let front = try TopicFront(before: broker, script: script, lag: lag)
    defer { front.stop() }
    for (topic, partitionCount) in existing {
      try front.makeTopic(topic, partitionCount: partitionCount)
    }
    let uri = "kafka://\(front.bootstrap)/shop"
    let outcome = try ProgramRun.run(
      "generator",
      ["--events", "600", "--max-speed", "--seed", "3", "--to", uri] + options,
      in: directory
    )
    func counts(_ topic: String) throws -> [Int]? {
      guard front.has(topic) else { return nil }
      return try TopicReader(broker.bootstrap).messages(of: topic).map(\.count)
    }
    return Trial(
      uri: uri,
      outcome: outcome,
      wishes: front.wishes,
      allowsAutomaticTopics: front.allowsAutomaticTopics,
      clicks: try counts("shop-clicks"),
      checkouts: try counts("shop-checkouts")
    )
  }

  /// First as a check.
  private static func wishesForBoth(
    partitionCount: Int,
    replicationFactor: Int
  ) -> [TopicFront.Wish] {
    [true, false].flatMap { isCheck in
      both.map {
        .init(
          $0,
          partitionCount: partitionCount,
          replicationFactor: replicationFactor,
          isCheck: isCheck
        )
      }
    }
  }

  @Test func `both topics are made as asked for, and the load arrives`() throws {
    let trial = try Self.generate(["--partitions", "6", "--replication-factor", "3"])
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(trial.wishes == Self.wishesForBoth(partitionCount: 6, replicationFactor: 3))
    #expect(trial.clicks?.count == 6)
    #expect(trial.clicks?.reduce(0, +) == 500)
    #expect(trial.checkouts?.count == 6)
    #expect(trial.checkouts?.reduce(0, +) == 100)
    #expect(!trial.allowsAutomaticTopics, "a broker would have made them with its own default")
  }

  @Test func `the brokers' default decides on replicas that nobody asked for`() throws {
    let trial = try Self.generate()
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(trial.wishes == Self.wishesForBoth(partitionCount: 4, replicationFactor: -1))
    #expect(trial.clicks?.reduce(0, +) == 500)
  }

  @Test func `the second topic is made like the first that is there`() throws {
    let trial = try Self.generate(existing: ["shop-checkouts": 5])
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(
      trial.wishes == [.init("shop-clicks", partitionCount: 5, replicationFactor: -1)]
    )
    #expect(trial.clicks?.count == 5)
    #expect(trial.clicks?.reduce(0, +) == 500)
  }

  @Test func `one that is there with another count is refused, and the other is not made`() throws {
    let trial = try Self.generate(["--partitions", "6"], existing: ["shop-clicks": 5])
    #expect(trial.outcome.exitCode == 1)
    #expect(
      trial.outcome.errors
        == "generator: topic \"shop-clicks\" at \(trial.uri) has 5 partitions, 6 were asked for; "
        + "leave --partitions out, or write to another prefix\n"
    )
    #expect(trial.wishes == [])
    #expect(trial.checkouts == nil)
  }

  @Test(
    arguments: [
      (
        29, "Authorization failed.",
        "give the user the right to create topics, or have them made beforehand"
      ),
      (
        38,
        "Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be "
          + "reached because only 3 broker(s) are registered.",
        "choose --replication-factor by the number of brokers"
      ),
      (44, "Topic names start with a team here.", "have the topics made beforehand"),
    ] as [(Int16, String, String)]
  )
  func `a refusal of one topic leaves none, and says why`(
    error: Int16,
    words: String,
    hint: String
  ) throws {
    let trial = try Self.generate(
      ["--replication-factor", "4"],
      script: ["shop-checkouts": [.refused(error, words)]]
    )
    #expect(trial.outcome.exitCode == 1)
    #expect(
      trial.outcome.errors
        == "generator: could not make topic \"shop-checkouts\" at \(trial.uri): \(words); \(hint)\n"
    )
    #expect(trial.clicks == nil)
    #expect(trial.checkouts == nil)
  }

  @Test(arguments: [[], ["--partitions", "4"]])
  func `topics that another generator makes meanwhile are written`(options: [String]) throws {
    let trial = try Self.generate(
      options,
      script: [
        "shop-clicks": [.made, .foundMade(partitionCount: 4)],
        "shop-checkouts": [.foundMade(partitionCount: 4)],
      ]
    )
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(trial.clicks?.reduce(0, +) == 500)
    #expect(trial.checkouts?.reduce(0, +) == 100)
  }

  private static let bothFoundWithSeven: [String: [TopicFront.Fate]] =
    Dictionary(uniqueKeysWithValues: both.map { ($0, [.foundMade(partitionCount: 7)]) })

  @Test func `those found with another count are written when none was asked for`() throws {
    let trial = try Self.generate(script: Self.bothFoundWithSeven)
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(trial.clicks?.count == 7)
    #expect(trial.clicks?.reduce(0, +) == 500)
  }

  @Test func `those found with another count than asked for are refused`() throws {
    let trial = try Self.generate(["--partitions", "4"], script: Self.bothFoundWithSeven)
    #expect(trial.outcome.exitCode == 1)
    #expect(
      trial.outcome.errors
        == "generator: topic \"shop-clicks\" at \(trial.uri) has 7 partitions, 4 were asked for; "
        + "leave --partitions out, or write to another prefix\n"
    )
    #expect(trial.clicks?.reduce(0, +) == 0)
  }

  /// Not the controller any more, and too many changes at a time.
  @Test(arguments: [41, 89] as [Int16])
  func `an error that passes is tried again`(error: Int16) throws {
    let trial = try Self.generate(
      script: [
        "shop-clicks": [.refused(error, ""), .made, .refused(error, "")],
        "shop-checkouts": [.made, .refused(error, "")],
      ]
    )
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(trial.clicks?.reduce(0, +) == 500)
    #expect(trial.checkouts?.reduce(0, +) == 100)
  }

  @Test func `a controller that dies over the request is asked again`() throws {
    let trial = try Self.generate(script: ["shop-clicks": [.cutOff, .made, .cutOff]])
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(trial.clicks?.reduce(0, +) == 500)
    #expect(trial.checkouts?.reduce(0, +) == 100)
  }

  @Test func `brokers that learn of the topics and of their leaders later are waited for`() throws {
    let trial = try Self.generate(
      ["--partitions", "3"],
      lag: TopicFront.Lag(unknown: 4, leaderless: 4)
    )
    #expect(trial.outcome.exitCode == 0, "\(trial.outcome.errors)")
    #expect(trial.clicks?.count == 3)
    #expect(trial.clicks?.reduce(0, +) == 500)
    #expect(trial.checkouts?.reduce(0, +) == 100)
  }
}
