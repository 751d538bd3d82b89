import Connect
import Dataflow
import TestSupport
import Testing

@testable import KinesisConnect

/// What a slice reads around a split or a merge comes in the order of arrival: no shard runs ahead of
/// the records that are behind another one's end.
@Suite struct ReshardingOrderTests {
  enum Change: CaseIterable {
    case split
    case merge
  }

  private static let stream = "shop-clicks"
  private static let count = 300

  /// Records of three shards in turn, one a minute, around a change of the first ones, all of it after
  /// the log was opened.
  private struct History {
    let shop: KinesisShop
    let log: KinesisLog

    init(_ change: Change, namesChildren: Bool) throws {
      let shop = try KinesisShop(clicks: 3)
      self.shop = shop
      log = try shop.log(slices: 1)
      shop.kinesis.withState { $0.namesChildren = namesChildren }
      try put(0..<30)
      shop.kinesis.withState { state in
        switch change {
        case .split: state.split("shardId-000000000000", of: ReshardingOrderTests.stream)
        case .merge: state.merge("shardId-000000000000", of: ReshardingOrderTests.stream)
        }
      }
      try put(30..<ReshardingOrderTests.count)
    }

    private func put(_ numbers: Range<Int>) throws {
      let start = EventTime.wallClock - .hours(12)
      try shop.kinesis.withState { state in
        for number in numbers {
          _ = try state.store(
            Array("\(number)".utf8),
            partitionKey: "k",
            explicitHashKey: HashKey(UInt128.max / 3 * UInt128(number % 3) + 7),
            in: ReshardingOrderTests.stream,
            at: start + .minutes(Int64(number))
          )
        }
      }
    }

    func read(
      from position: SourcePosition? = nil,
      until bound: ReadBound = .endOfLog,
      atMost byteCount: Int = 64 << 10
    ) throws -> [Int] {
      let reader = try log.open(.clicks, partition: 0, at: position, until: bound)
      return try reader.read(atMost: byteCount) { $0.isCaughtUp }.texts.compactMap { Int($0) }
    }
  }

  @Test(arguments: Change.allCases, [true, false])
  func `no shard runs ahead while the children of another one are not begun`(
    change: Change,
    namesChildren: Bool
  ) throws {
    let history = try History(change, namesChildren: namesChildren)
    #expect(try history.read() == Array(0..<Self.count))
  }

  @Test(arguments: Change.allCases)
  func `a reader that goes on in the middle keeps the order, and one up to there`(
    change: Change
  ) throws {
    let history = try History(change, namesChildren: true)
    let reader = try history.log.open(.clicks, partition: 0, at: nil, until: .never)
    var texts: [String] = []
    var marks: [(position: SourcePosition, count: Int)] = []
    let deadline = ContinuousClock.now + KinesisShop.patience
    while texts.count < Self.count {
      try #require(ContinuousClock.now < deadline, "read only \(texts.count) records")
      var read = Read()
      let run = try reader.read(atMost: 20)
      read.take(run, of: reader)
      if !read.texts.isEmpty { marks.append((run.startPosition, texts.count)) }
      texts += read.texts
    }
    #expect(texts.compactMap { Int($0) } == Array(0..<Self.count))
    for mark in marks where (20..<60).contains(mark.count) {
      #expect(try history.read(from: mark.position) == Array(mark.count..<Self.count))
      #expect(try history.read(until: .position(mark.position)) == Array(0..<mark.count))
    }
  }

  @Test func `a shard that has ended is not the end of the log`() throws {
    let shop = try KinesisShop()
    let log = try shop.log(slices: 1)
    try shop.put("before", key: "k")
    shop.kinesis.withState { $0.split("shardId-000000000000", of: Self.stream) }
    try shop.put("after", key: "k")
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .endOfLog)
    #expect(try reader.read { $0.isCaughtUp }.texts == ["before", "after"])
  }
}
