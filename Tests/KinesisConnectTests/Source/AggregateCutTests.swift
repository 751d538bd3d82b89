import Connect
import Dataflow
import TestSupport
import Testing

@testable import KinesisConnect

/// Reading that ends and goes on anywhere, inside of aggregates too.
@Suite struct AggregateCutTests {
  /// Plain records and aggregates of several users, and what a slice has of them, in order.
  private struct Content {
    let shop: KinesisShop
    let log: KinesisLog
    let slices: Int
    var texts: [[String]]

    /// Puts records, `sizes` being those of aggregates, in their order; 0: a plain record.
    init(sizes: [Int], slices: Int, pageLimit: Int) throws {
      shop = try KinesisShop()
      shop.kinesis.withState { $0.pageLimit = pageLimit }
      log = try shop.log(slices: slices)
      self.slices = slices
      texts = Array(repeating: [], count: slices)
      var number = 0
      for size in sizes {
        var records: [TestAggregate.Record] = []
        for _ in 0..<max(size, 1) {
          let user = "user-\(number % 7)"
          records.append(
            TestAggregate.Record(partitionKey: user, data: Array("\(number)".utf8))
          )
          let key = Array(user.utf8).withUnsafeBytes { HashKey(ofPartitionKey: $0) }
          texts[HashKeySlices(count: slices).index(of: key)].append("\(number)")
          number += 1
        }
        if size == 0 {
          try shop.put(records[0].data, key: records[0].partitionKey)
        } else {
          try shop.put(TestAggregate(records: records).bytes, key: "an aggregate")
        }
      }
    }

    /// Reads a slice record by record from its beginning.
    ///
    /// - Returns: the position before each record, and the one behind the last.
    func positions(of slice: Int) throws -> [SourcePosition] {
      let reader = try log.open(.clicks, partition: slice, at: nil, until: .endOfLog)
      var positions: [SourcePosition] = []
      var found: [String] = []
      let deadline = ContinuousClock.now + KinesisShop.patience
      while found.count < texts[slice].count {
        try #require(ContinuousClock.now < deadline, "read only \(found)")
        let before = reader.position
        var read = Read()
        read.take(try reader.read(atMost: 1), of: reader)
        #expect(read.texts.count <= 1)
        if !read.texts.isEmpty { positions.append(before) }
        found += read.texts
      }
      #expect(found == texts[slice])
      return positions + [reader.position]
    }
  }

  @Test(arguments: [
    ([0, 5, 0, 3, 1, 0], 1, 10_000), ([9], 1, 10_000), ([4, 4, 4], 3, 10_000),
    ([0, 6, 2, 0, 5], 2, 1), ([12, 0, 12], 4, 2),
  ])
  func `from every record on, what follows is read, and what is between any two`(
    sizes: [Int],
    slices: Int,
    pageLimit: Int
  ) throws {
    let content = try Content(sizes: sizes, slices: slices, pageLimit: pageLimit)
    for slice in 0..<slices {
      let texts = content.texts[slice]
      let positions = try content.positions(of: slice)
      #expect(Set(positions).count == positions.count)
      for (start, position) in positions.enumerated() {
        let reader = try content.log.open(
          .clicks,
          partition: slice,
          at: position,
          until: .endOfLog
        )
        let rest = try reader.read { $0.isCaughtUp && $0.texts.count >= texts.count - start }
        #expect(rest.texts == Array(texts[start...]))
        #expect(rest.offsets == (start..<texts.count).map(Int64.init))
        for end in start..<positions.count {
          let between = try content.log.open(
            .clicks,
            partition: slice,
            at: position,
            until: .position(positions[end])
          )
          #expect(try between.read(atMost: 3) { $0.isCaughtUp }.texts == Array(texts[start..<end]))
        }
      }
    }
  }

  @Test func `a reader that comes later begins inside of an aggregate at a log of its own`() throws
  {
    let content = try Content(sizes: [0, 5, 0], slices: 1, pageLimit: 10_000)
    let positions = try content.positions(of: 0)
    let number = FakeRecord.sequenceNumber(2)
    #expect(
      positions[3].token.hasPrefix("3 shardId-000000000000:\(number):1:"),
      "\(positions[3])"
    )
    #expect(positions[6].token.hasPrefix("6 shardId-000000000000:\(number):"))
    for (start, position) in positions.enumerated() {
      let reader = try content.shop.log(slices: 1)
        .open(.clicks, partition: 0, at: position, until: .endOfLog)
      let rest = try reader.read { $0.isCaughtUp && $0.texts.count >= 7 - start }
      #expect(rest.texts == Array(content.texts[0][start...]))
    }
  }

  @Test func `a run boundary lies inside of an aggregate of a megabyte`() throws {
    let shop = try KinesisShop()
    let records = (0..<1000).map { number in
      TestAggregate.Record(
        partitionKey: "user",
        data: Array("\(number) ".utf8) + Array(repeating: UInt8(ascii: "x"), count: 1000)
      )
    }
    try shop.put(TestAggregate(records: records).bytes, key: "user")
    let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: nil, until: .endOfLog)
    var texts: [String] = []
    let deadline = ContinuousClock.now + KinesisShop.patience
    while texts.count < 1000 {
      try #require(ContinuousClock.now < deadline)
      var read = Read()
      let run = try reader.read(atMost: 64 << 10)
      read.take(run, of: reader)
      #expect(run.byteCount < 66 << 10)
      texts += read.texts
    }
    let numbers = texts.compactMap { $0.split(separator: " ").first.flatMap { Int($0) } }
    #expect(numbers == Array(0..<1000))
  }
}
