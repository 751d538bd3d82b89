import Connect
import Dataflow
import Dispatch
import TestSupport
import Testing

@testable import KinesisConnect

@Suite struct SliceReaderTests {
  @Test func `a slice has the records of its keys from all shards, those of a key in order`() throws
  {
    let shop = try KinesisShop(clicks: 3)
    for number in 0..<300 { try shop.put("\(number)", key: "user-\(number % 40)") }
    let log = try shop.log(slices: 4)
    let slices = HashKeySlices(count: 4)
    var all: [String] = []
    for slice in 0..<4 {
      let reader = try log.open(.clicks, partition: slice, at: nil, until: .endOfLog)
      let read = try reader.read(atMost: 64) { $0.isCaughtUp }
      for key in Set(read.keys) {
        let numbers = zip(read.texts, read.keys).filter { $1 == key }.compactMap { Int($0.0) }
        #expect(numbers == numbers.sorted())
      }
      #expect(read.offsets == Array(0..<Int64(read.texts.count)))
      for key in read.keys {
        #expect(
          slices.index(of: Array(key.utf8).withUnsafeBytes { HashKey(ofPartitionKey: $0) }) == slice
        )
      }
      #expect(try reader.lag() == 0)
      all += read.texts
    }
    #expect(all.compactMap { Int($0) }.sorted() == Array(0..<300))
  }

  @Test func `the slices of a worker share what is read of a shard`() throws {
    let shop = try KinesisShop()
    shop.kinesis.withState { $0.pageLimit = 50 }
    for number in 0..<1000 { try shop.put("\(number)", key: "user-\(number)") }
    let log = try shop.log(slices: 8)
    let readers = try (0..<8).map {
      try log.open(.clicks, partition: $0, at: nil, until: .endOfLog)
    }
    var reads = Array(repeating: Read(), count: 8)
    let deadline = ContinuousClock.now + KinesisShop.patience
    while !reads.allSatisfy(\.isCaughtUp) {
      try #require(ContinuousClock.now < deadline)
      for index in readers.indices {
        reads[index].take(try readers[index].read(atMost: 1 << 10), of: readers[index])
      }
    }
    #expect(reads.reduce(0) { $0 + $1.texts.count } == 1000)
    // One front that goes along: 20 pages, and some looks at the end.
    #expect(shop.kinesis.callCount(of: "GetShardIterator") <= 2)
  }

  @Test func `aggregated records come out one by one, and say where they stand`() throws {
    let shop = try KinesisShop()
    try shop.put("plain", key: "a")
    let aggregate = TestAggregate(records: [
      TestAggregate.Record(partitionKey: "a", data: Array("first".utf8)),
      TestAggregate.Record(partitionKey: "b", explicitHashKey: 7, data: Array("second".utf8)),
    ])
    try shop.put(aggregate.bytes, key: "x")
    var broken = aggregate.bytes
    broken[broken.count - 1] ^= 1
    try shop.put(broken, key: "y")
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: nil, until: .endOfLog)
    let read = try reader.read { $0.isCaughtUp }
    #expect(read.texts.prefix(3) == ["plain", "first", "second"])
    #expect(read.keys == ["a", "a", "b", "y"])
    #expect(read.texts.count == 4)
    let numbers = (1...3).map { FakeRecord.sequenceNumber($0) }
    #expect(
      read.places == [
        "shardId-000000000000:\(numbers[0])", "shardId-000000000000:\(numbers[1]):0",
        "shardId-000000000000:\(numbers[1]):1", "shardId-000000000000:\(numbers[2])",
      ]
    )
  }

  @Test func `what an explicit hash key has put elsewhere is read all the same, once`() throws {
    let shop = try KinesisShop(clicks: 4)
    try shop.kinesis.withState { state in
      for number in 0..<40 {
        _ = try state.store(
          Array("\(number)".utf8),
          partitionKey: "user-\(number)",
          explicitHashKey: HashKey(UInt128(number % 4) << 126),
          in: "shop-clicks",
          at: .wallClock
        )
      }
    }
    let log = try shop.log(slices: 3)
    var all: [String] = []
    for slice in 0..<3 {
      let reader = try log.open(.clicks, partition: slice, at: nil, until: .endOfLog)
      all += try reader.read { $0.isCaughtUp }.texts
    }
    #expect(all.compactMap { Int($0) }.sorted() == Array(0..<40))
  }

  @Test func `a shard that is behind holds the others back`() throws {
    let shop = try KinesisShop(clicks: 2)
    let now = EventTime.wallClock
    try shop.kinesis.withState { state in
      for (number, minutes) in [(0, -60), (0, -30), (1, -50), (1, -10)] {
        _ = try state.store(
          Array("\(minutes)".utf8),
          partitionKey: "k",
          explicitHashKey: HashKey(UInt128(number) << 127),
          in: "shop-clicks",
          at: now + .minutes(Int64(minutes))
        )
      }
      state.pageLimit = 1
    }
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: nil, until: .endOfLog)
    #expect(try reader.read { $0.isCaughtUp }.texts == ["-60", "-50", "-30", "-10"])
  }

  @Test(arguments: 0..<5)
  func `records of several shards come in the order in which they arrived`(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let shop = try KinesisShop(clicks: 4)
    let start = EventTime.wallClock - .hours(2)
    var arrivals = Array(0..<600)
    // Some shards have nothing for long.
    arrivals.removeAll { ($0 / 50).isMultiple(of: 3) && $0 % 50 < 40 }
    for arrival in arrivals {
      let key = "user-\(Int.random(in: 0..<50, using: &random))"
      try shop.kinesis.withState { state in
        _ = try state.store(
          Array("\(arrival)".utf8),
          partitionKey: key,
          in: "shop-clicks",
          at: start + .seconds(Int64(arrival))
        )
      }
    }
    shop.kinesis.withState { state in
      state.pageLimit = Int.random(in: 1...30, using: &random)
      state.emptyPages = 3
    }
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: nil, until: .endOfLog)
    let read = try reader.read(atMost: 100) { $0.isCaughtUp }
    #expect(read.texts.compactMap { Int($0) } == arrivals)
  }

  @Test func `a run stays as it is while the next one is read`() throws {
    let shop = try KinesisShop()
    for number in 0..<200 { try shop.put("record \(number)", key: "user-\(number)") }
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: nil, until: .endOfLog)
    var former: (run: MessageRun, read: Read)?
    var count = 0
    let deadline = ContinuousClock.now + KinesisShop.patience
    while count < 200 {
      try #require(ContinuousClock.now < deadline)
      let run = try reader.read(atMost: 100)
      if let former {
        var again = Read()
        again.take(former.run, of: reader)
        #expect(again.texts == former.read.texts)
      }
      var read = Read()
      read.take(run, of: reader)
      count += read.texts.count
      former = (run, read)
    }
  }

  @Test func `a reader that had nothing is told when something has come, by a thread of the log`()
    throws
  {
    let shop = try KinesisShop()
    let log = try shop.log(slices: 1)
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .never)
    let arrivals = DispatchSemaphore(value: 0)
    reader.onArrival { arrivals.signal() }
    // Only what it is told makes it look again.
    func read(until isEnough: (Read) -> Bool) throws {
      var read = Read()
      read.take(try reader.read(atMost: 64 << 10), of: reader)
      while !isEnough(read) {
        try #require(arrivals.wait(timeout: .now() + 60) == .success)
        read.take(try reader.read(atMost: 64 << 10), of: reader)
      }
    }
    try read { $0.isCaughtUp }
    try shop.put("first", key: "a")
    try read { $0.texts == ["first"] }
    try shop.put("second", key: "a")
    try read { $0.texts == ["second"] && $0.isCaughtUp }
    shop.kinesis.withState { $0.split("shardId-000000000000", of: "shop-clicks") }
    for number in 0..<10 { try shop.put("\(number)", key: "user-\(number)") }
    try read { $0.texts.count == 10 }
  }

  @Test func `lag is the age of what is not read yet`() throws {
    let shop = try KinesisShop()
    let log = try shop.log(slices: 1)
    let now = EventTime.wallClock.milliseconds
    let position = SourcePosition("5 shardId-000000000000:oldest:\(now - 90_000)")
    let reader = try log.open(.clicks, partition: 0, at: position, until: .never)
    #expect((90_000...150_000).contains(try reader.lag()))
    _ = try reader.read { $0.isCaughtUp }
    #expect(try reader.lag() == 0)
  }
}
