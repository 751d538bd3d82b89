import Connect
import TestSupport
import Testing

@testable import KinesisConnect

/// Random histories of a stream: records, aggregates, splits, merges and faults, read by slices that
/// are closed and opened again at any time.
@Suite(.serialized) struct ReshardingTests {
  @Test(arguments: 0..<24)
  func `every record is read once and those of a key in order, whatever happens`(
    seed: Int
  ) throws {
    var history = try History(seed: UInt64(seed))
    try history.run()
    try history.readToTheEnd()
    try history.expectEverything()
    try history.expectRebuilds()
  }

  private struct History {
    static let stream = "shop-clicks"

    var random: SplitMix64
    let shop: KinesisShop
    let log: KinesisLog
    let slices: Int
    var readers: [any PartitionReader] = []
    /// Texts by slice, and the positions before every run that was not empty, with the texts so far.
    var texts: [[String]]
    var marks: [[(position: SourcePosition, count: Int)]]
    var nextNumber: [Int] = Array(repeating: 0, count: 20)

    init(seed: UInt64) throws {
      random = SplitMix64(seed: seed)
      slices = Int.random(in: 1...5, using: &random)
      shop = try KinesisShop(clicks: .random(in: 1...3, using: &random))
      log = try shop.log(slices: slices)
      texts = Array(repeating: [], count: slices)
      marks = Array(repeating: [], count: slices)
      for slice in 0..<slices {
        readers.append(try log.open(.clicks, partition: slice, at: nil, until: .never))
      }
      let pageLimit = Int.random(in: 1...20, using: &random)
      let emptyPages = Int.random(in: 0...4, using: &random)
      shop.kinesis.withState { state in
        state.pageLimit = pageLimit
        state.emptyPages = emptyPages == 1 ? 0 : emptyPages
      }
      let faults = (0..<3).map { _ in Int.random(in: 5...15, using: &random) }
      shop.kinesis.onCall { call in
        guard call.action != "DescribeStreamSummary" else { return nil }
        if call.number.isMultiple(of: 3 * faults[0]) { return .throttle }
        if call.number.isMultiple(of: 3 * faults[1]) { return .internalFailure }
        if call.number.isMultiple(of: 5 * faults[2]) { return .resetAfter }
        return nil
      }
    }

    mutating func run() throws {
      for _ in 0..<120 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: reshard()
        case 1: shop.kinesis.withState { $0.expireIterators() }
        case 2: try reopen()
        case 3: try putAggregate()
        case 4..<10: for _ in 0..<Int.random(in: 1...8, using: &random) { try put() }
        default: try readSome()
        }
      }
    }

    private mutating func take(of key: Int) -> String {
      defer { nextNumber[key] += 1 }
      return "\(key) \(nextNumber[key])"
    }

    private mutating func put() throws {
      let key = Int.random(in: nextNumber.indices, using: &random)
      try shop.put(take(of: key), key: "user-\(key)")
    }

    /// Of keys that go to one shard.
    private mutating func putAggregate() throws {
      let first = Int.random(in: nextNumber.indices, using: &random)
      let home = shard(of: first)
      let keys = nextNumber.indices.filter { shard(of: $0) == home }
      let records = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        let key = keys.randomElement(using: &random) ?? first
        return TestAggregate.Record(partitionKey: "user-\(key)", data: Array(take(of: key).utf8))
      }
      try shop.put(TestAggregate(records: records).bytes, key: "user-\(first)")
    }

    private func shard(of key: Int) -> Int? {
      let hashKey = Array("user-\(key)".utf8).withUnsafeBytes { HashKey(ofPartitionKey: $0) }
      return shop.kinesis.withState { $0.streams[Self.stream]?.openShard(of: hashKey) }
    }

    private mutating func reshard() {
      let open = shop.kinesis.withState { $0.openShards(of: Self.stream) }
      guard let shard = open.randomElement(using: &random) else { return }
      let isMerge = Bool.random(using: &random)
      shop.kinesis.withState { state in
        if !isMerge || !state.merge(shard, of: Self.stream) {
          state.split(shard, of: Self.stream)
        }
      }
    }

    /// Another reader goes on where one has come to.
    private mutating func reopen() throws {
      let slice = Int.random(in: 0..<slices, using: &random)
      readers[slice] = try log.open(
        .clicks,
        partition: slice,
        at: readers[slice].position,
        until: .never
      )
    }

    private mutating func readSome() throws {
      for slice in 0..<slices where Bool.random(using: &random) {
        try read(slice, atMost: [1, 40, 1 << 20].randomElement(using: &random) ?? 1)
      }
    }

    @discardableResult
    private mutating func read(_ slice: Int, atMost byteCount: Int) throws -> Bool {
      var read = Read()
      let run = try readers[slice].read(atMost: byteCount)
      read.take(run, of: readers[slice])
      if !read.texts.isEmpty {
        #expect(read.offsets.first == Int64(texts[slice].count))
        marks[slice].append((run.startPosition, texts[slice].count))
        texts[slice] += read.texts
      }
      return run.isCaughtUp
    }

    mutating func readToTheEnd() throws {
      shop.kinesis.onCall { _ in nil }
      let total = nextNumber.reduce(0, +)
      let deadline = ContinuousClock.now + KinesisShop.patience
      var caughtUp: Set<Int> = []
      while caughtUp.count < slices || texts.reduce(0, { $0 + $1.count }) < total {
        try #require(
          ContinuousClock.now < deadline,
          "read \(texts.map(\.count)) of \(total), at \(readers.map(\.position))"
        )
        for slice in 0..<slices where try read(slice, atMost: 1 << 20) { caughtUp.insert(slice) }
      }
    }

    func expectEverything() throws {
      for (key, count) in nextNumber.enumerated() {
        let slices = texts.filter { $0.contains { $0.hasPrefix("\(key) ") } }
        #expect(slices.count == (count > 0 ? 1 : 0), "user \(key) is in several slices")
        let found = texts.joined().filter { $0.hasPrefix("\(key) ") }
        #expect(found == (0..<count).map { "\(key) \($0)" })
      }
    }

    /// What was read from a position on up to another is read again between them, and nothing else.
    mutating func expectRebuilds() throws {
      for slice in 0..<slices {
        for _ in 0..<2 where !marks[slice].isEmpty {
          let start = Int.random(in: marks[slice].indices, using: &random)
          let end = Int.random(in: start..<marks[slice].count, using: &random)
          let (from, to) = (marks[slice][start], marks[slice][end])
          let reader = try log.open(
            .clicks,
            partition: slice,
            at: from.position,
            until: .position(to.position)
          )
          let again = try reader.read(atMost: 50) { $0.isCaughtUp }.texts
          let before = Array(texts[slice][from.count..<to.count])
          #expect(again.sorted() == before.sorted())
          for key in nextNumber.indices {
            let prefix = "\(key) "
            #expect(
              again.filter { $0.hasPrefix(prefix) } == before.filter { $0.hasPrefix(prefix) }
            )
          }
        }
      }
    }
  }
}
