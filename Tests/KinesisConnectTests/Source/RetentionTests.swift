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

  @Test func `an end of a shard that stays open is refused, or the shard read from its oldest`()
    throws
  {
    let shop = try KinesisShop()
    try shop.put("1", key: "a")
    let position = SourcePosition("1 \(Self.shard):end:\(EventTime.wallClock.milliseconds)")
    for gapPolicy in [GapPolicy.fail, .skip] {
      let reader = try #require(
        try shop.log(slices: 1, onGap: gapPolicy)
          .open(.clicks, partition: 0, at: position, until: .endOfLog) as? SliceReader
      )
      // Its children may be about to be listed.
      #expect(try reader.read(atMost: 1 << 10).isEmpty)
      reader.missingSince = .now - .seconds(31)
      guard gapPolicy == .fail else {
        let read = try reader.read { $0.isCaughtUp }
        #expect(read.texts == ["1"])
        #expect(read.gaps.map(\.from) == [position])
        continue
      }
      let error = #expect(throws: ConnectorError.self) { try reader.read(atMost: 1 << 10) }
      #expect(error?.kind == .lost)
      #expect(
        error?.message
          == "stream \"shop-clicks\" may no longer have what comes behind \(position): "
          + "\(Self.shard) was read to its end, and is open"
      )
    }
  }

  @Test func `reading up to an end of a shard that stays open meets a gap`() throws {
    let shop = try KinesisShop()
    try shop.put("1", key: "a")
    let end = SourcePosition("1 \(Self.shard):end:\(EventTime.wallClock.milliseconds)")
    let reader = try #require(
      try shop.log(slices: 1).open(.clicks, partition: 0, at: nil, until: .position(end))
        as? SliceReader
    )
    #expect(try reader.read { !$0.texts.isEmpty }.gaps.isEmpty)
    reader.missingSince = .now - .seconds(31)
    #expect(try reader.read { !$0.gaps.isEmpty }.gaps.count == 1)
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
    try expectRefusal(again: reader, at: position)
  }

  /// As when the stream was resharded, and no job has run since.
  @Test func `a refusal leaves a shard in the position that is listed no more`() throws {
    let (shop, position) = try shop(hoursAgo: 30)
    shop.kinesis.withState { state in
      state.split(Self.shard, of: "shop-clicks")
      state.trim(Self.shard, of: "shop-clicks", recordCount: 6)
    }
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: position, until: .never)
    let error = #expect(throws: ConnectorError.self) { try reader.read(atMost: 1 << 10) }
    #expect(error?.kind == .lost)
    try expectRefusal(again: reader, at: position)
  }

  /// A position that moved could be committed, and the next start would find nothing lost.
  private func expectRefusal(again reader: any PartitionReader, at position: SourcePosition) throws
  {
    #expect(reader.position == position)
    let error = #expect(throws: ConnectorError.self) { try reader.read(atMost: 1 << 10) }
    #expect(error?.kind == .lost)
    #expect(reader.position == position)
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

  /// As when the retention was shortened: the position is younger than the stream says.
  @Test func `a place that the service refuses is a gap, under either policy`() throws {
    let (shop, position) = try shop(hoursAgo: 1)
    shop.kinesis.withState { $0.refusesTrimmed = true }
    let refusing = try shop.log(slices: 1).open(.clicks, partition: 0, at: position, until: .never)
    let error = #expect(throws: ConnectorError.self) {
      try refusing.read { !$0.texts.isEmpty }
    }
    let number = FakeRecord.sequenceNumber(2)
    let reason =
      "kinesis:GetShardIterator on shard \(Self.shard) of stream \"shop-clicks\" was refused with "
      + "InvalidArgumentException: StartingSequenceNumber \(number) used in GetShardIterator on shard "
      + "\(Self.shard) in stream shop-clicks is invalid."
    #expect(error?.kind == .lost)
    #expect(
      error?.description
        == "stream \"shop-clicks\" may no longer have what comes behind \(position): \(reason); "
        + "--on-gap skip goes on with the oldest records and lists the gap in log_gaps"
    )
    try expectRefusal(again: refusing, at: position)
    let log = try shop.log(slices: 1, onGap: .skip)
    let reader = try log.open(.clicks, partition: 0, at: position, until: .endOfLog)
    let read = try reader.read { $0.isCaughtUp && !$0.texts.isEmpty }
    #expect(read.texts == ["5", "6"])
    #expect(read.gaps.map(\.from) == [position])
    #expect(read.gaps.map(\.reason) == [reason])
    let next = try log.open(.clicks, partition: 0, at: reader.position, until: .endOfLog)
    let rest = try next.read { $0.isCaughtUp }
    #expect(rest.gaps.isEmpty && rest.texts.isEmpty)
  }

  /// As the state is rebuilt: from where reading began up to where it came.
  @Test(arguments: [false, true])
  func `what was read from the beginning on and is no longer there is a gap`(
    isAged: Bool
  ) throws {
    let shop = try KinesisShop()
    for number in 1...6 { try shop.put("\(number)", key: "a") }
    if isAged {
      shop.kinesis.withState { state in
        for index in 0..<6 {
          state.streams["shop-clicks"]?.shards[0].records[index].arrivalMilliseconds -= 90_000_000
        }
      }
    }
    let log = try shop.log(slices: 1, onGap: .skip)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    var start: SourcePosition?
    var read = Read()
    let deadline = ContinuousClock.now + KinesisShop.patience
    while read.texts.count < 3 {
      try #require(ContinuousClock.now < deadline)
      let run = try reader.read(atMost: 1)
      if !run.isEmpty { start = start ?? run.startPosition }
      read.take(run, of: reader)
    }
    let position = reader.position
    func again() throws -> Read {
      let log = try shop.log(slices: 1, onGap: .skip)
      let bounded = try log.open(.clicks, partition: 0, at: start, until: .position(position))
      return try bounded.read { $0.isCaughtUp || !$0.gaps.isEmpty }
    }
    if !isAged {
      let before = try again()
      #expect(before.texts == ["1", "2", "3"] && before.gaps.isEmpty)
    }
    for count in 1...4 {
      shop.kinesis.withState { $0.trim(Self.shard, of: "shop-clicks", recordCount: count) }
      let after = try again()
      #expect(after.gaps.count == 1, "\(count) of 6 trimmed, read \(after.texts)")
    }
  }

  @Test func `a shard that the service has forgotten is a gap, and those behind it are read`()
    throws
  {
    let (shop, position) = try shop(hoursAgo: 1)
    shop.kinesis.withState { state in
      state.split(Self.shard, of: "shop-clicks")
      state.trim(Self.shard, of: "shop-clicks", recordCount: 6)
    }
    for number in 7...12 { try shop.put("\(number)", key: "user-\(number)") }
    // Listed once more when the job starts, and then forgotten.
    shop.kinesis.withState { $0.streams["shop-clicks"]?.shards[0].isGone = false }
    let log = try shop.log(slices: 1, onGap: .skip)
    shop.kinesis.withState { $0.streams["shop-clicks"]?.shards[0].isGone = true }
    let reader = try log.open(.clicks, partition: 0, at: position, until: .endOfLog)
    let read = try reader.read { $0.isCaughtUp && $0.texts.count == 6 }
    #expect(read.texts.compactMap { Int($0) }.sorted() == Array(7...12))
    #expect(read.gaps.map(\.from) == [position])
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
