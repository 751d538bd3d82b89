import Connect
import Dataflow
import KafkaConnect
import TestSupport
import Testing

/// Offsets that no message has: markers of transactions, and what compaction has taken away.
@Suite struct OffsetGapsTests {
  /// A log of one partition whose clicks are these batches.
  private struct Trial {
    let shop: Shop
    let front: ScriptedLog
    let log: KafkaLog

    init(_ batches: [RecordBatch]) throws {
      shop = try Shop()
      front = try ScriptedLog(before: shop.broker)
      for batch in batches { front.append(batch, to: "shop-clicks") }
      log = try KafkaLog(
        KafkaSettings(brokers: [front.bootstrap], prefix: "shop"),
        watch: .short,
        logger: .silent
      )
    }

    func reader(
      from offset: Int64? = nil,
      until bound: ReadBound = .endOfLog
    ) throws -> any PartitionReader {
      let position = offset.map { SourcePosition("\($0)") }
      return try log.open(.clicks, partition: 0, at: position, until: bound)
    }

    /// Reads to the end from everywhere, and up to everywhere.
    ///
    /// - Parameters:
    ///   - messages: by offset, all that are to be read.
    ///   - end: the position at the end.
    /// - Throws: when an end is not reached.
    func expect(_ messages: [Int64: String], end: Int64) throws {
      defer { front.stop() }
      for start in 0...end {
        let following = try reader(from: start, until: .never)
        let rest = messages.filter { $0.key >= start }.sorted { $0.key < $1.key }
        let read = try following.readToEnd()
        #expect(read.texts == rest.map(\.value), "followed from \(start)")
        #expect(following.position == SourcePosition("\(end)"), "followed from \(start)")
        let bounded = try reader(from: start)
        #expect(try bounded.readToEnd().texts == rest.map(\.value), "to the end from \(start)")
        #expect(try bounded.lag() == 0 || bounded.position != following.position)
        let part = try reader(until: .position(SourcePosition("\(start)")))
        let before = messages.filter { $0.key < start }.sorted { $0.key < $1.key }
        #expect(try part.readToEnd().texts == before.map(\.value), "up to \(start)")
      }
    }
  }

  @Test func `the marker of a committed transaction is no message, and its end is reached`() throws
  {
    try Trial([
      RecordBatch(.transactional(producer: 7), at: 0, ["a", "b"]),
      RecordBatch(endOf: 7, isCommit: true, at: 2),
      RecordBatch(.transactional(producer: 7), at: 3, ["c"]),
      RecordBatch(endOf: 7, isCommit: true, at: 4),
    ]).expect([0: "a", 1: "b", 3: "c"], end: 5)
  }

  @Test func `a transaction that was taken back is not read, and its end is reached`() throws {
    try Trial([
      RecordBatch(at: 0, ["a"]),
      RecordBatch(.transactional(producer: 7), at: 1, ["no", "no"]),
      RecordBatch(.transactional(producer: 8), at: 3, ["b"]),
      RecordBatch(endOf: 8, isCommit: true, at: 4),
      RecordBatch(endOf: 7, isCommit: false, at: 5),
      RecordBatch(.transactional(producer: 8), at: 6, ["no"]),
      RecordBatch(endOf: 8, isCommit: false, at: 7),
    ]).expect([0: "a", 3: "b"], end: 8)
  }

  @Test func `what compaction has left is read, and the end behind it is reached`() throws {
    try Trial([
      RecordBatch(at: 0, offsetCount: 5, left: [1: "a", 3: "b"]),
      // The last batch of a producer stays, without a message.
      RecordBatch(at: 7, offsetCount: 3, left: [:]),
      RecordBatch(at: 12, offsetCount: 4, left: [0: "c"]),
    ]).expect([1: "a", 3: "b", 12: "c"], end: 16)
  }

  @Test func `an open transaction is where the log ends, until it is over`() throws {
    let trial = try Trial([
      RecordBatch(at: 0, ["a"]), RecordBatch(.transactional(producer: 7), at: 1, ["b"]),
      RecordBatch(at: 2, ["c"]),
    ])
    defer { trial.front.stop() }
    #expect(try trial.reader().readToEnd().texts == ["a"])
    let reader = try trial.reader(until: .never)
    #expect(try reader.readToEnd().texts == ["a"])
    #expect(reader.position == SourcePosition("1"))
    trial.front.append(RecordBatch(endOf: 7, isCommit: true, at: 3), to: "shop-clicks")
    #expect(try reader.read { $0.texts.count == 2 }.texts == ["b", "c"])
    #expect(try reader.readToEnd().texts == [])
    #expect(reader.position == SourcePosition("4"))
  }

  @Test func `the newest message is found before the markers behind it`() throws {
    let trial = try Trial([
      RecordBatch(.transactional(producer: 7), at: 0, ["a"]),
      RecordBatch(endOf: 7, isCommit: true, at: 1),
      RecordBatch(.transactional(producer: 7), at: 2, ["no"]),
      RecordBatch(endOf: 7, isCommit: false, at: 3),
    ])
    defer { trial.front.stop() }
    let settings = try KafkaSettings(brokers: [trial.front.bootstrap], prefix: "shop")
    let inspection = try ClusterInspection(settings, logger: .silent)
    let stamp = try inspection.newestStamp(of: .clicks, partitionCount: 1)
    #expect(stamp?.time.microseconds == 1_735_689_600_000_000)
  }

  @Test func `messages lost by an election are noticed while the partition is followed`() throws {
    let trial = try Trial([RecordBatch(at: 0, ["a"]), RecordBatch(at: 1, ["b", "c"])])
    defer { trial.front.stop() }
    let reader = try trial.reader(until: .never)
    #expect(try reader.readToEnd().texts == ["a", "b", "c"])
    trial.front.truncate("shop-clicks", at: 1)
    let error = #expect(throws: ConnectorError.self) { try reader.read { _ in false } }
    #expect(error?.kind == .lost)
    #expect(
      error?.message.hasPrefix(
        "topic \"shop-clicks\", partition 0 was read up to offset 3 (exclusive), and now ends at 1: "
      ) == true
    )
  }
}
