import Connect
import KafkaConnect
import Testing

@Suite struct TopicPairTests {
  @Test func `topics that are there keep their number of partitions`() throws {
    let broker = try LocalBroker()
    try broker.makeTopics(prefix: "shop", partitionCount: 6)
    let pair = try TopicPair(Shop.settings(broker))
    #expect(try pair.prepare(partitions: nil) == 6)
    #expect(try pair.prepare(partitions: 6) == 6)
    let error = #expect(throws: ConnectorError.self) { try pair.prepare(partitions: 4) }
    #expect(
      error?.description == "topic \"shop-clicks\" at kafka://\(broker.bootstrap)/shop has 6 "
        + "partitions, 4 were asked for; leave --partitions out, or write to another prefix"
    )
  }

  @Test func `topics of unequal numbers of partitions are refused`() throws {
    let broker = try LocalBroker()
    try broker.makeTopic("shop-clicks", partitionCount: 3)
    try broker.makeTopic("shop-checkouts", partitionCount: 5)
    let pair = try TopicPair(Shop.settings(broker))
    let error = #expect(throws: ConnectorError.self) { try pair.prepare(partitions: nil) }
    #expect(
      error?.message == "topics of kafka://\(broker.bootstrap)/shop have 3 and 5 partitions: both "
        + "streams need the same number"
    )
  }

  @Test func `a refusal of the cluster ends the attempt at once`() throws {
    let broker = try LocalBroker()
    try broker.makeTopics(prefix: "shop", partitionCount: 1)
    try broker.setError(ofTopic: "shop-checkouts", to: "TOPIC_AUTHORIZATION_FAILED")
    let pair = try TopicPair(Shop.settings(broker))
    let error = #expect(throws: ConnectorError.self) { try pair.prepare(partitions: nil) }
    #expect(
      error?.message == "could not read the topic \"shop-checkouts\" at "
        + "kafka://\(broker.bootstrap)/shop: Broker: Topic authorization failed"
    )
  }
}
