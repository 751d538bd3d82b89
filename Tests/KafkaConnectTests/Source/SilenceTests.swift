import Connect
import KafkaConnect
import TestSupport
import Testing

/// Partitions and groups that nobody answers for: nothing comes, and that is said.
@Suite struct SilenceTests {
  private static var intervals: WatchIntervals {
    var intervals = WatchIntervals.short
    intervals.confirmation = .seconds(1)
    intervals.silence = .seconds(1)
    intervals.query = .milliseconds(500)
    return intervals
  }

  /// Messages that come while a partition has no leader are not known, and not denied.
  @Test func `a partition without a leader is said, and its lag is not known`() throws {
    let shop = try Shop(partitions: 2)
    let writer = try shop.writer()
    try writer.append([.init("a")], to: .clicks, partition: 1)
    let lines = LogLines()
    let log = try KafkaLog(shop.settings, watch: Self.intervals, logger: lines.logger)
    let reader = try log.open(.clicks, partition: 1, at: nil, until: .never)
    #expect(try reader.readToEnd().texts == ["a"])
    #expect(try reader.lag() == 0)

    try shop.broker.moveLeader(ofTopic: "shop-clicks", partition: 1, to: nil)
    let warning =
      "warning: partitions are not read, no broker answers for them "
      + "error=the partition has no leader first=topic \"shop-clicks\", partition 1 partitions=1"
    try eventually {
      _ = try reader.read(atMost: 1024)
      return lines.all.contains(warning)
    }
    let error = #expect(throws: ConnectorError.self) { try reader.lag() }
    #expect(error?.kind == .transient)
    #expect(
      error?.message == "topic \"shop-clicks\", partition 1 has not said lately where it ends"
    )

    try shop.broker.moveLeader(ofTopic: "shop-clicks", partition: 1, to: 1)
    try eventually {
      _ = try reader.read(atMost: 1024)
      return try lines.all.contains("info: all partitions are heard of again") && reader.lag() == 0
    }
    #expect(lines.all.count { $0.contains("partitions are not read") } == 1)
  }

  @Test func `the lag is not known before the first answer`() throws {
    let shop = try Shop()
    try shop.broker.moveLeader(ofTopic: "shop-clicks", partition: 0, to: nil)
    let log = try KafkaLog(shop.settings, watch: Self.intervals, logger: .silent)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    _ = try reader.read(atMost: 1024)
    #expect(throws: ConnectorError.self) { try reader.lag() }
  }

  @Test func `a group without a coordinator is said, and the tasks come once it has one`() throws {
    let shop = try Shop(partitions: 2)
    let lines = LogLines()
    let log = try KafkaLog(shop.settings, watch: Self.intervals, logger: lines.logger)
    try shop.broker.fail(.findCoordinator, with: "COORDINATOR_NOT_AVAILABLE", count: 10)
    let membership = try #require(try log.joinGroup(feeding: "test"))
    defer { membership.close() }
    var tasks = 0
    try eventually {
      if let change = try membership.nextChange(atMost: .milliseconds(100)) {
        try membership.complete(change)
        if case .assigned(let assigned) = change { tasks += assigned.count }
      }
      return tasks == 2
    }
    let warnings = lines.all.filter { $0.contains("no tasks yet") }
    #expect(
      warnings == [
        "warning: no tasks yet, the client goes on trying to join the group error=could not find "
          + "the group \"firstclick-shop-test\" at \(shop.settings): its coordinator is not available; "
          + "see that the brokers are all up and can write the topic __consumer_offsets, which "
          + "holds the groups"
      ]
    )
  }

  @Test func `an inspection names a coordinator that is not available`() throws {
    let shop = try Shop()
    try shop.broker.fail(.findCoordinator, with: "COORDINATOR_NOT_AVAILABLE", count: 1000)
    let inspection = try ClusterInspection(shop.settings, logger: .silent)
    let error = #expect(throws: ConnectorError.self) {
      try inspection.checkGroup(feeding: "test")
    }
    #expect(
      error?.message == "could not find the group \"firstclick-shop-test\" at \(shop.settings): "
        + "its coordinator is not available"
    )
  }
}
