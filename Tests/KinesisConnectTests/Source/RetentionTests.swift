import Connect
import Dataflow
import TestSupport
import Testing

@testable import KinesisConnect

@Suite struct RetentionTests {
  private static let shard = "shardId-000000000000"

  /// A shard with six records, of which retention has removed four; the second was read, long ago.
  private func shop(hoursAgo: Int64) throws -> (KinesisShop, SourcePosition) {
    let shop = try KinesisShop()
    for number in 1...6 { try shop.put("\(number)", key: "a") }
    shop.kinesis.withState { $0.trim(Self.shard, of: "shop-clicks", recordCount: 4) }
    let reach = (EventTime.wallClock - .hours(hoursAgo)).milliseconds
    return (shop, SourcePosition("2 \(Self.shard):\(FakeRecord.sequenceNumber(2)):\(reach)"))
  }

  @Test func `what retention may have removed unread is refused`() throws {
    let (shop, position) = try shop(hoursAgo: 25)
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: position, until: .never)
    let error = #expect(throws: ConnectorError.self) { try reader.read(atMost: 1 << 10) }
    #expect(error?.kind == .lost)
    #expect(
      error?.description
        == "stream \"shop-clicks\" may no longer have what comes behind \(position): "
        + "the stream keeps records for 1d, and \(Self.shard) may have had more that were not read; "
        + "--on-gap skip goes on with the oldest records and lists the gap in log_gaps"
    )
  }

  @Test func `or skipped and listed, if asked for`() throws {
    let (shop, position) = try shop(hoursAgo: 25)
    let log = try shop.log(slices: 1, onGap: .skip)
    let reader = try log.open(.clicks, partition: 0, at: position, until: .endOfLog)
    let read = try reader.read { $0.isCaughtUp && !$0.texts.isEmpty }
    #expect(read.texts == ["5", "6"])
    #expect(read.gaps.map(\.from) == [position])
    // The next reader sees no gap.
    let next = try log.open(.clicks, partition: 0, at: reader.position, until: .endOfLog)
    let rest = try next.read { $0.isCaughtUp }
    #expect(rest.gaps.isEmpty && rest.texts.isEmpty)
  }

  @Test func `a position that is young enough has lost nothing`() throws {
    let (shop, position) = try shop(hoursAgo: 23)
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: position, until: .endOfLog)
    #expect(try reader.read { $0.isCaughtUp && !$0.texts.isEmpty }.gaps.isEmpty)
  }

  @Test func `a closed shard that is gone is skipped, and those behind it are read`() throws {
    let (shop, position) = try shop(hoursAgo: 30)
    shop.kinesis.withState { state in
      state.split(Self.shard, of: "shop-clicks")
      state.trim(Self.shard, of: "shop-clicks", recordCount: 6)
    }
    for number in 7...12 { try shop.put("\(number)", key: "user-\(number)") }
    let log = try shop.log(slices: 1, onGap: .skip)
    let reader = try log.open(.clicks, partition: 0, at: position, until: .endOfLog)
    let read = try reader.read { $0.isCaughtUp && $0.texts.count == 6 }
    #expect(read.texts.compactMap { Int($0) }.sorted() == Array(7...12))
    #expect(read.gaps.count == 1)
  }
}
