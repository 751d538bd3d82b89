import Connect
import KafkaConnect
import Testing

@Suite struct KafkaLogTests {
  @Test func `the identity is the cluster's, whichever brokers are named`() throws {
    let broker = try LocalBroker(brokerCount: 3)
    try broker.makeTopics(prefix: "shop", partitionCount: 5)
    let all = try KafkaLog(Shop.settings(broker), logger: .silent)
    let one = try KafkaLog(
      KafkaSettings(
        brokers: broker.bootstrap.split(separator: ",").suffix(1).map(String.init),
        prefix: "shop"
      ),
      logger: .silent
    )
    #expect(all.identity == one.identity)
    #expect(all.identity.hasPrefix("kafka:") && all.identity.hasSuffix("/shop"))
    #expect(all.partitionCount() == 5)
    #expect(one.partitionCount() == 5)
  }

  @Test func `topics whose partitions do not pair up are refused`() throws {
    let broker = try LocalBroker()
    try broker.makeTopic("shop-clicks", partitionCount: 4)
    try broker.makeTopic("shop-checkouts", partitionCount: 6)
    let error = try #require(throws: ConnectorError.self) {
      try KafkaLog(Shop.settings(broker), logger: .silent)
    }
    #expect(
      error.message
        == "topic \"shop-clicks\" has 4 partitions, \"shop-checkouts\" has 6: a user's clicks "
        + "and checkouts would not meet"
    )
    #expect(error.kind == .permanent)
  }

  @Test func `a topic that does not exist is named`() throws {
    let shop = try Shop()
    try shop.broker.setError(ofTopic: "shop-checkouts", to: "UNKNOWN_TOPIC_OR_PART")
    let error = try #require(throws: ConnectorError.self) { try shop.log() }
    #expect(error.message == "topic \"shop-checkouts\" does not exist at \(shop.settings)")
    #expect(error.kind == .permanent)
  }

  @Test func `a topic that may not be read is refused at once`() throws {
    let shop = try Shop()
    try shop.broker.setError(ofTopic: "shop-clicks", to: "TOPIC_AUTHORIZATION_FAILED")
    let error = try #require(throws: ConnectorError.self) { try shop.log() }
    #expect(
      error.description == "could not read the topic \"shop-clicks\" at \(shop.settings): "
        + "Broker: Topic authorization failed; give the user the right to read and describe both topics"
    )
  }

  @Test func `a broker that nobody runs is reported after a while`() throws {
    let settings = try KafkaSettings(brokers: ["127.0.0.1:1"], prefix: "shop")
    let error = try #require(throws: ConnectorError.self) {
      try KafkaLog(settings, reachTimeout: .seconds(2), logger: .silent)
    }
    #expect(error.kind == .transient)
    #expect(
      error.message.hasPrefix(
        "could not read the topic \"shop-clicks\" at kafka://127.0.0.1:1/shop: "
      )
    )
    #expect(error.message.contains("Connection refused"))
  }

  @Test func `brokers that take their time are waited for`() throws {
    let shop = try Shop(partitions: 3)
    try shop.broker.setLatency(of: .all, to: .milliseconds(1500))
    let log = try KafkaLog(shop.settings, logger: .silent)
    #expect(log.partitionCount() == 3)
    #expect(try TopicPair(shop.settings).prepare(partitions: nil) == 3)
    let inspection = try ClusterInspection(shop.settings, logger: .silent)
    #expect(try inspection.describe("shop-clicks", atMost: .seconds(15))?.partitionCount == 3)
  }
}
