import Connect
import Events
import KafkaConnect
import Synchronization
import TestSupport
import Testing

@Suite struct KafkaReaderTests {
  @Test func `every partition is read in its own order, from the start to the end`() throws {
    let shop = try Shop(partitions: 4, brokers: 3)
    let writer = try shop.writer()
    let log = try shop.log()
    for partition in 0..<4 {
      for stream in StreamKind.allCases {
        let messages = (0..<300).map { TopicWriter.Message("\(stream) \(partition) \($0)") }
        try writer.append(messages, to: stream, partition: partition)
      }
    }
    for partition in 0..<4 {
      for stream in StreamKind.allCases {
        let reader = try log.open(stream, partition: partition, at: nil, until: .endOfLog)
        let read = try reader.readToEnd(atMost: 4096)
        #expect(read.texts == (0..<300).map { "\(stream) \(partition) \($0)" })
        #expect(read.offsets == Array(0..<300))
        #expect(reader.position == SourcePosition("300"))
        #expect(try reader.lag() == 0)
      }
    }
  }

  @Test func `reading goes on where a position says, and ends where one says`() throws {
    let shop = try Shop()
    try shop.writer().append((0..<100).map { .init("\($0)") }, to: .clicks)
    let log = try shop.log()
    for start in [0, 1, 57, 99, 100] {
      let position = SourcePosition("\(start)")
      let rest = try log.open(.clicks, partition: 0, at: position, until: .endOfLog)
      #expect(try rest.readToEnd().texts == (start..<100).map { "\($0)" })
      let end = SourcePosition("60")
      let part = try log.open(.clicks, partition: 0, at: position, until: .position(end))
      #expect(try part.readToEnd().texts == (start..<max(start, 60)).map { "\($0)" })
    }
  }

  /// As of a task whose worker died before it had anything of the stream.
  @Test func `up to the oldest message there is nothing to read`() throws {
    let shop = try Shop()
    try shop.writer().append((0..<10).map { .init("\($0)") }, to: .clicks)
    let untouched = try shop.log().open(.clicks, partition: 0, at: nil, until: .never).position
    let reader = try shop.log()
      .open(.clicks, partition: 0, at: untouched, until: .position(untouched))
    #expect(try reader.readToEnd().texts.isEmpty)
    #expect(reader.position == untouched)
  }

  @Test func `a run stays until the second read after it`() throws {
    let shop = try Shop()
    let texts = (0..<3000).map { "\($0) " + String(repeating: "x", count: $0 % 97) }
    try shop.writer(compression: "lz4").append(texts.map { .init($0) }, to: .clicks)
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    var all = Read()
    var former: (run: MessageRun, texts: [String?])?
    try eventually {
      let run = try reader.read(atMost: 4096)
      if let former {
        var again = Read()
        again.take(former.run)
        #expect(again.texts == former.texts)
      }
      var read = Read()
      read.take(run)
      former = (run, read.texts)
      all.take(run)
      return all.isCaughtUp
    }
    #expect(all.texts == texts)
  }

  @Test func `a reader that had nothing says when something comes`() throws {
    let shop = try Shop()
    let writer = try shop.writer()
    try writer.append([.init("first")], to: .clicks)
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .never)
    let counter = ArrivalCounter()
    reader.onArrival { counter.note() }
    _ = try reader.read { $0.texts == ["first"] }
    // The end of the partition is reported too, and taken here.
    try eventually { try reader.read(atMost: 100).isCaughtUp }
    let before = counter.count
    try writer.append([.init("second")], to: .clicks)
    try eventually { counter.count > before }
    _ = try reader.read { $0.texts == ["second"] }
  }

  @Test func `a run is as long as asked for, and a message of 1 MB comes whole`() throws {
    let shop = try Shop()
    let long = String(repeating: "x", count: 1_000_000)
    let small = (0..<200).map { TopicWriter.Message("message \($0)") }
    try shop.writer().append(small + [.init(long)] + small, to: .clicks)
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    _ = try reader.read(atMost: 1024) { !$0.texts.isEmpty }
    var read = Read()
    try eventually {
      let run = try reader.read(atMost: 1024)
      #expect(run.byteCount < 4096 || run.byteCount > long.utf8.count - 1)
      read.take(run)
      return read.isCaughtUp
    }
    #expect(read.texts.contains(long))
    #expect(read.texts.suffix(200) == small.indices.map { "message \($0)" })
  }

  @Test(arguments: ["none", "gzip", "snappy", "lz4", "zstd"])
  func `compressed batches are read, and what stands behind a message is readable`(
    compression: String
  ) throws {
    let shop = try Shop()
    // Of many lengths, so that some end right before a page boundary.
    let texts = (0..<2000).map { String(repeating: "abc", count: $0 % 211) }
    try shop.writer(compression: compression).append(texts.map { .init($0) }, to: .clicks)
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    var read = Read()
    var sum = 0
    try eventually {
      let run = try reader.read(atMost: 64 << 10)
      if case .messages(let messages) = run.framing {
        for message in messages {
          guard let start = message.start else { continue }
          for index in 0..<64 {
            sum += Int(start.load(fromByteOffset: message.byteCount + index, as: UInt8.self))
          }
        }
      }
      read.take(run)
      return read.isCaughtUp
    }
    #expect(read.texts == texts)
    #expect(sum >= 0)
  }

  @Test func `null payloads, null keys and headers are data`() throws {
    let shop = try Shop()
    try shop.writer().append(
      [
        .init(nil), .init("a", key: nil), .init(nil, key: nil), .init(""),
        .init("b", header: "00-4bf92f3577b34da6"),
      ],
      to: .clicks
    )
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    let read = try reader.readToEnd()
    #expect(read.texts == [nil, "a", nil, "", "b"])
    #expect(read.keys == ["u1", nil, nil, "u1", "u1"])
  }

  @Test func `messages are decoded where they lie`() throws {
    let shop = try Shop()
    try shop.writer().append(
      [
        .init(Self.click("c1", user: "u1")), .init(nil), .init(Self.click("c2", user: "u\\u0032")),
        .init(Self.click("c3", user: "u3"), key: "u3"), .init("no event", key: nil),
        .init(Self.click("c4", user: "u4"), key: nil),
      ],
      to: .clicks
    )
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .endOfLog)
    var decoder = ClickDecoder()
    var batch = ClickBatch()
    var eventIDs: [String] = []
    var rejects: [RejectReason] = []
    var strayKeys = 0
    try eventually {
      let run = try reader.read(atMost: 64 << 10)
      decoder.decode(run, into: &batch)
      eventIDs += batch.records.map { String(decoding: $0.bytes($0.eventID), as: UTF8.self) }
      rejects += batch.rejects.map(\.reason)
      strayKeys += run.strayKeyCount(of: batch)
      return run.isCaughtUp
    }
    #expect(eventIDs == ["c1", "c2", "c3", "c4"])
    #expect(rejects.count == 2)
    // c2's key is u1, c4 has none.
    #expect(strayKeys == 2)
  }

  @Test func `a reader that follows is caught up only at the end, and sees what comes`() throws {
    let shop = try Shop()
    let writer = try shop.writer()
    try writer.append([.init("a")], to: .clicks)
    let reader = try shop.log().open(.clicks, partition: 0, at: nil, until: .never)
    #expect(try reader.readToEnd().texts == ["a"])
    #expect(try reader.read(atMost: 1024).isCaughtUp)
    try writer.append([.init("b"), .init("c")], to: .clicks)
    let read = try reader.read { $0.texts.count == 2 }
    #expect(read.texts == ["b", "c"])
    #expect(try reader.readToEnd().texts.isEmpty)
  }

  @Test func `an empty partition is caught up`() throws {
    let shop = try Shop()
    let reader = try shop.log().open(.checkouts, partition: 0, at: nil, until: .never)
    #expect(try reader.readToEnd().texts.isEmpty)
    #expect(reader.position == SourcePosition("0"))
  }

  @Test func `a partition opened again goes to its new reader`() throws {
    let shop = try Shop()
    try shop.writer().append((0..<10).map { .init("\($0)") }, to: .clicks)
    let log = try shop.log()
    let former = try log.open(.clicks, partition: 0, at: nil, until: .never)
    #expect(try former.readToEnd().texts.count == 10)
    let latter = try log.open(.clicks, partition: 0, at: SourcePosition("4"), until: .endOfLog)
    #expect(try latter.readToEnd().texts == (4..<10).map { "\($0)" })
    #expect(try former.read(atMost: 1024).isEmpty)
  }

  @Test func `a position of another kind of log is refused`() throws {
    let log = try Shop().log()
    let error = #expect(throws: ConnectorError.self) {
      try log.open(.clicks, partition: 0, at: SourcePosition("00.jsonl:17"), until: .never)
    }
    #expect(error?.message == "position \"00.jsonl:17\" is no Kafka offset")
  }

  private static func click(_ eventID: String, user: String) -> String {
    """
    {"event_id":"\(eventID)","user_id":"\(user)","timestamp":"2026-11-21T08:15:30Z",\
    "product_id":"p1"}
    """
  }
}

private final class ArrivalCounter: Sendable {
  private let arrivals = Atomic(0)
  var count: Int { arrivals.load(ordering: .acquiring) }
  func note() { arrivals.add(1, ordering: .acquiringAndReleasing) }
}
