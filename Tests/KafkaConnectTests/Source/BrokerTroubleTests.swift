import Connect
import Foundation
import TestSupport
import Testing

@testable import KafkaConnect

extension WatchIntervals {
  /// For tests that wait for them.
  static var short: WatchIntervals {
    var intervals = WatchIntervals()
    intervals.poll = .milliseconds(50)
    intervals.confirmation = .seconds(3)
    intervals.end = .milliseconds(500)
    intervals.topics = .milliseconds(500)
    intervals.recheck = .milliseconds(200)
    intervals.deletion = .seconds(2)
    return intervals
  }
}

@Suite struct BrokerTroubleTests {
  @Test(arguments: [
    "NOT_LEADER_FOR_PARTITION", "LEADER_NOT_AVAILABLE", "REQUEST_TIMED_OUT", "_TRANSPORT",
    "KAFKA_STORAGE_ERROR", "UNKNOWN_TOPIC_OR_PART", "OFFSET_NOT_AVAILABLE",
  ])
  func `an error that passes loses nothing`(error: String) throws {
    let shop = try Shop(brokers: 3)
    try shop.writer().append((0..<500).map { .init("\($0)") }, to: .clicks)
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    try shop.broker.fail(.fetch, with: error, count: 3)
    #expect(try reader.readToEnd(atMost: 1024).texts == (0..<500).map { "\($0)" })
  }

  @Test func `a broker that goes and comes back loses nothing, and is no end`() throws {
    let shop = try Shop()
    let writer = try shop.writer()
    try writer.append((0..<10).map { .init("\($0)") }, to: .clicks)
    let log = try KafkaLog(shop.settings, watch: .short, logger: .silent)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    #expect(try reader.readToEnd().texts.count == 10)
    try shop.broker.takeDown(.all)
    // Caught up as of the last answer, which counts no longer after a while.
    try eventually { try !reader.read(atMost: 1024).isCaughtUp }
    try shop.broker.bringUp(.all)
    try writer.append((10..<20).map { .init("\($0)") }, to: .clicks)
    #expect(try reader.read { $0.texts.count == 10 }.texts == (10..<20).map { "\($0)" })
    try eventually { try reader.read(atMost: 1024).isCaughtUp }
  }

  /// Questions to the broker that is gone must not be waited for: librdkafka asks it for ever.
  @Test func `a leader that is gone for good is followed by another one, and the end is known`()
    throws
  {
    let shop = try Shop(brokers: 3)
    try shop.broker.moveLeader(ofTopic: "shop-clicks", partition: 0, to: 1)
    let log = try KafkaLog(shop.settings, watch: .short, logger: .silent)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    try eventually { try reader.read(atMost: 1024).isCaughtUp }
    try shop.broker.takeDown(.broker(1))
    try eventually { try !reader.read(atMost: 1024).isCaughtUp }
    try shop.broker.moveLeader(ofTopic: "shop-clicks", partition: 0, to: 2)
    try eventually { try reader.read(atMost: 1024).isCaughtUp }
  }

  @Test func `a silent partition stays caught up while its broker answers`() throws {
    let shop = try Shop()
    let log = try KafkaLog(shop.settings, watch: .short, logger: .silent)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    _ = try reader.readToEnd()
    // Longer than one confirmation counts: it must have been asked for again.
    let end = ContinuousClock.now + WatchIntervals.short.confirmation * 2
    var looks = 0
    while ContinuousClock.now < end {
      looks += try reader.read(atMost: 1024).isCaughtUp ? 1 : 0
      Thread.sleep(forTimeInterval: 0.1)
    }
    #expect(looks > 0)
    try eventually { try reader.read(atMost: 1024).isCaughtUp }
  }

  @Test func `another leader goes on with the partition`() throws {
    let shop = try Shop(brokers: 3)
    let writer = try shop.writer()
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .never)
    for leader in [1, 2, 3, 1] {
      try shop.broker.moveLeader(ofTopic: "shop-clicks", partition: 0, to: leader)
      try writer.append([.init("at \(leader)")], to: .clicks)
      #expect(try reader.read { !$0.texts.isEmpty }.texts == ["at \(leader)"])
    }
  }

  @Test func `slow answers change nothing`() throws {
    let shop = try Shop(partitions: 2)
    let writer = try shop.writer()
    for partition in 0..<2 {
      try writer.append((0..<50).map { .init("\($0)") }, to: .clicks, partition: partition)
    }
    try shop.broker.setLatency(of: .all, to: .milliseconds(200))
    let log = try shop.log()
    for partition in 0..<2 {
      let reader = try log.open(.clicks, partition: partition, at: nil, until: .endOfLog)
      #expect(try reader.readToEnd().texts == (0..<50).map { "\($0)" })
    }
  }

  @Test func `a partition that nobody reads holds no other back`() throws {
    let shop = try Shop(partitions: 2, properties: ["memory": "1MiB"])
    let writer = try shop.writer()
    let text = String(repeating: "x", count: 1000)
    for stream in StreamKind.allCases {
      try writer.append((0..<3000).map { _ in .init(text) }, to: stream)
    }
    let log = try shop.log()
    let unread = try log.open(.checkouts, partition: 0, at: nil, until: .endOfLog)
    _ = try unread.read(atMost: 1)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .endOfLog)
    #expect(try reader.readToEnd().texts.count == 3000)
    #expect(try unread.readToEnd().texts.count >= 2999)
  }

  @Test func `a position that retention has overtaken is an error that says what is lost`() throws {
    let (shop, first) = try Self.truncatedShop()
    let position = SourcePosition("7")
    let reader = try shop.log().open(.clicks, partition: 0, at: position, until: .endOfLog)
    let error = try #require(throws: ConnectorError.self) { try reader.readToEnd() }
    #expect(
      error.description == "topic \"shop-clicks\", partition 0 no longer has the offsets from 7 to "
        + "\(first) (exclusive), \(first - 7) messages at most: the topic's retention removed them "
        + "before they were read; --on-gap skip goes on at \(first) and lists the gap in log_gaps"
    )
    #expect(error.kind == .lost)
    let unread = try shop.log().open(.clicks, partition: 0, at: position, until: .never)
    #expect(try #require(throws: ConnectorError.self) { try unread.lag() }.message == error.message)
    let skipping = try shop.log(.skip).open(.clicks, partition: 0, at: position, until: .never)
    #expect(try skipping.lag() == 80 - first)
  }

  @Test func `a gap that is to be skipped comes with the first run behind it`() throws {
    let (shop, first) = try Self.truncatedShop()
    let log = try shop.log(.skip)
    let reader = try log.open(.clicks, partition: 0, at: SourcePosition("7"), until: .endOfLog)
    let read = try reader.readToEnd()
    #expect(read.offsets.first == first)
    #expect(
      read.gaps == [
        LogGap(
          from: SourcePosition("7"),
          to: SourcePosition("\(first)"),
          records: first - 7,
          reason: "the topic's retention removed them before they were read"
        )
      ]
    )
    // A rebuild whose messages are all gone has nothing to read, and has lost nothing unread.
    let bound = ReadBound.position(SourcePosition("9"))
    let lines = LogLines()
    let rebuild = try KafkaLog(shop.settings, logger: lines.logger).open(
      .clicks,
      partition: 0,
      at: SourcePosition("7"),
      until: bound
    )
    let none = try rebuild.readToEnd()
    #expect(none.texts.isEmpty && none.gaps.count == 1)
    #expect(lines.all.isEmpty)
    #expect(rebuild.position == SourcePosition("9"))
  }

  @Test func `the oldest message is where a log without a position begins`() throws {
    let (shop, first) = try Self.truncatedShop()
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    let read = try reader.readToEnd()
    #expect(read.offsets.first == first)
    #expect(read.gaps.isEmpty)
  }

  @Test func `a position behind the end stops its task, gaps to be skipped or not`() throws {
    let shop = try Shop()
    try shop.writer().append([.init("a")], to: .clicks)
    let reader = try shop.log(.skip)
      .open(.clicks, partition: 0, at: SourcePosition("9"), until: .never)
    let lagError = try #require(throws: ConnectorError.self) { try reader.lag() }
    let error = try #require(throws: ConnectorError.self) { try reader.readToEnd() }
    #expect(lagError.message == error.message)
    #expect(error.kind == .lost)
    #expect(
      error.description
        == "topic \"shop-clicks\", partition 0 was read up to offset 9 (exclusive), and now ends at "
        + "1: the offsets from 1 on are gone, or are other messages by now; the topic was made anew, "
        + "or an election has lost its newest messages: attribute what it has into another database"
    )
  }

  @Test func `a rebuild behind the end says up to where the partition was read`() throws {
    let shop = try Shop()
    try shop.writer().append([.init("a")], to: .clicks)
    let reader = try shop.log().open(
      .clicks,
      partition: 0,
      at: SourcePosition("4"),
      until: .position(SourcePosition("170"))
    )
    let error = try #require(throws: ConnectorError.self) { try reader.readToEnd() }
    #expect(
      error.message.hasPrefix(
        "topic \"shop-clicks\", partition 0 was read up to offset 170 (exclusive), and now ends at 1: "
      )
    )
  }

  @Test func `a topic that is deleted ends the reading`() throws {
    let shop = try Shop()
    let log = try KafkaLog(shop.settings, watch: .short, logger: .silent)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    _ = try reader.readToEnd()
    try shop.broker.setError(ofTopic: "shop-clicks", to: "UNKNOWN_TOPIC_OR_PART")
    let error = try #require(throws: ConnectorError.self) {
      try eventually {
        _ = try reader.read(atMost: 1024)
        return false
      }
    }
    #expect(error.message == "a topic of \(shop.settings) was deleted while it was read")
  }

  @Test func `a topic that is deleted is noticed by what fetching says of it`() throws {
    let shop = try Shop()
    var intervals = WatchIntervals.short
    intervals.topics = .seconds(100_000)
    let log = try KafkaLog(shop.settings, watch: intervals, logger: .silent)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    _ = try reader.readToEnd()
    try shop.broker.setError(ofTopic: "shop-clicks", to: "UNKNOWN_TOPIC_OR_PART")
    // A broker that has forgotten the topic answers a fetch of it so.
    try shop.broker.fail(.fetch, with: "UNKNOWN_TOPIC_OR_PART", count: 1)
    let error = try #require(throws: ConnectorError.self) {
      try eventually {
        _ = try reader.read(atMost: 1024)
        return false
      }
    }
    #expect(error.message == "a topic of \(shop.settings) was deleted while it was read")
  }

  @Test func `a topic that has grown ends the reading, and says what to do`() throws {
    let shop = try Shop(partitions: 4)
    let client = try KafkaClient(shop.settings, role: .consumer, logger: .silent)
    var intervals = WatchIntervals.short
    intervals.topics = .zero
    let watch = TopicWatch(client, partitionCount: 3, intervals: intervals)
    watch.checkIfDue()
    #expect(
      watch.failure?.message
        == "topic \"shop-clicks\" has 4 partitions now, it had 3 when the job started"
    )
    #expect(
      watch.failure?.hint?.hasPrefix("give both topics as many and start the job again") == true
    )
  }

  @Test func `no answer says nothing about a topic that is missing`() throws {
    let shop = try Shop()
    let client = try KafkaClient(shop.settings, role: .consumer, logger: .silent)
    var intervals = WatchIntervals.short
    intervals.topics = .zero
    intervals.recheck = .zero
    intervals.query = .milliseconds(100)
    let watch = TopicWatch(client, partitionCount: 1, intervals: intervals)
    try shop.broker.setError(ofTopic: "shop-clicks", to: "UNKNOWN_TOPIC_OR_PART")
    try eventually {
      watch.checkIfDue()
      try shop.broker.takeDown(.all)
      watch.checkIfDue()
      try shop.broker.bringUp(.all)
      return watch.failure != nil
    }
    #expect(watch.failure?.message == "a topic of \(shop.settings) was deleted while it was read")
  }

  /// The local broker keeps 5 MiB: 8 MB of messages have a first offset that is not 0.
  private static func truncatedShop() throws -> (Shop, first: Int64) {
    let shop = try Shop()
    let writer = try shop.writer()
    let text = String(repeating: "x", count: 100_000)
    for _ in 0..<80 { try writer.append([.init(text)], to: .clicks) }
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    let first = try #require(try reader.readToEnd().offsets.first)
    try #require(first > 9)
    return (shop, first)
  }
}
