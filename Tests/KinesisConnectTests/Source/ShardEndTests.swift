import Connect
import Foundation
import TestSupport
import Testing

@testable import KinesisConnect

/// An answer that only lacks its iterator is no shard's end.
@Suite struct ShardEndTests {
  private static let stream = "shop-clicks"
  private static let shard = "shardId-000000000000"

  @Test(arguments: [
    "{}", #"{"NextShardIterator":"iterator-1"}"#,
    #"{"MillisBehindLatest":0,"NextShardIterator":null,"Records":[]}"#,
  ])
  func `an open shard is read on behind an answer that has lost something`(
    answer: String
  ) throws {
    try expectAll { _ in Array(answer.utf8) }
  }

  @Test func `an open shard is read on behind records without an iterator`() throws {
    try expectAll { answer in
      var fields = (try? JSONSerialization.jsonObject(with: Data(answer))) as? [String: Any] ?? [:]
      fields["NextShardIterator"] = nil
      return Array((try? JSONSerialization.data(withJSONObject: fields)) ?? Data())
    }
  }

  private func expectAll(
    whateverComesOnce change: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) throws {
    for call in 1...2 {
      let shop = try KinesisShop()
      shop.kinesis.onCall {
        $0.action == "GetRecords" && $0.number == call ? .changeAnswer(change) : nil
      }
      try shop.put("first", key: "k")
      let reader = try shop.log(slices: 1).open(.clicks, partition: 0, at: nil, until: .never)
      #expect(try reader.read { $0.isCaughtUp }.texts == ["first"])
      try shop.put("second", key: "k")
      #expect(try reader.read { !$0.texts.isEmpty }.texts == ["second"])
      #expect(!reader.position.token.contains("end"))
    }
  }

  @Test func `a closed shard whose end names no children is at its end if ListShards says so`()
    throws
  {
    let shop = try KinesisShop()
    shop.kinesis.withState { $0.namesChildren = false }
    let log = try shop.log(slices: 1)
    try shop.put("before", key: "k")
    shop.kinesis.withState { $0.split(Self.shard, of: Self.stream) }
    try shop.put("after", key: "k")
    let reader = try log.open(.clicks, partition: 0, at: nil, until: .endOfLog)
    #expect(try reader.read { $0.isCaughtUp }.texts == ["before", "after"])
  }
}
