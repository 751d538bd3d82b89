import Connect
import KafkaConnect
import Testing

/// A broker of this process; what clients see of it is tested with the writer and the source.
@Suite struct LocalBrokerTests {
  @Test func `every broker listens on a loopback port of its own`() throws {
    let broker = try LocalBroker(brokerCount: 3)
    let addresses = broker.bootstrap.split(separator: ",")
    #expect(Set(addresses).count == 3)
    #expect(addresses.allSatisfy { $0.hasPrefix("127.0.0.1:") })
  }

  @Test func `a topic is made once`() throws {
    let broker = try LocalBroker()
    try broker.makeTopics(prefix: "shop", partitionCount: 3)
    let error = #expect(throws: ConnectorError.self) {
      try broker.makeTopic("shop-clicks", partitionCount: 3)
    }
    #expect(
      error?.message == "could not make the topic \"shop-clicks\" with 3 partitions: "
        + "Broker: Topic already exists"
    )
  }

  @Test func `a broker and an error that there are not are refused`() throws {
    let broker = try LocalBroker(brokerCount: 2)
    try broker.takeDown(.broker(2))
    try broker.bringUp(.all)
    let noBroker = #expect(throws: ConnectorError.self) { try broker.takeDown(.broker(3)) }
    #expect(noBroker?.message == "there is no broker 3: expected 1 to 2")
    let noError = #expect(throws: ConnectorError.self) { try broker.fail(.fetch, with: "OUCH") }
    #expect(noError?.message == "there is no Kafka error \"OUCH\"")
    #expect(noError?.kind == .usage)
  }

  @Test func `a stopped broker says so`() throws {
    let broker = try LocalBroker()
    broker.stop()
    broker.stop()
    let error = #expect(throws: ConnectorError.self) {
      try broker.setLatency(of: .all, to: .milliseconds(5))
    }
    #expect(
      error?.message == "could not delay the answers of all brokers: the local broker was stopped"
    )
  }
}
