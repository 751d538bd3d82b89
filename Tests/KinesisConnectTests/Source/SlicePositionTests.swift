import Connect
import Testing

@testable import KinesisConnect

@Suite struct SlicePositionTests {
  @Test func `a position survives its token`() throws {
    var position = SlicePosition()
    #expect(position.sourcePosition.token == "0")
    position.ordinal = 1204
    let number = SequenceNumber("49590338271490256608559692538361571095921575989136588898")
    position.shards = [
      "shardId-000000000003": ShardPosition(
        place: .after(RecordNumber(number)),
        reach: 1_763_733_600_000
      ),
      "shardId-000000000001": ShardPosition(place: .end, reach: 5),
      "shardId-000000000004": ShardPosition(place: .oldest, reach: 0),
    ]
    #expect(
      position.sourcePosition.token == "1204 shardId-000000000001:end:5 "
        + "shardId-000000000003:49590338271490256608559692538361571095921575989136588898"
        + ":1763733600000 shardId-000000000004:oldest:0"
    )
    #expect(try SlicePosition(position.sourcePosition) == position)
    #expect(try SlicePosition(nil) == SlicePosition())
  }

  @Test func `a position may stand inside of an aggregate`() throws {
    var position = SlicePosition()
    position.ordinal = 7
    let number = RecordNumber(SequenceNumber("18"), subsequence: 41)
    position.shards = ["shardId-000000000003": ShardPosition(place: .after(number), reach: 5)]
    #expect(position.sourcePosition.token == "7 shardId-000000000003:18:41:5")
    #expect(try SlicePosition(position.sourcePosition) == position)
  }

  @Test func `what is in an aggregate comes before its end, and behind what was stored before`() {
    let texts = ["9", "17", "18:-1", "18:0", "18:2", "18:10", "18", "19:0", "19", "100:0", "100"]
    let numbers = texts.compactMap { RecordNumber($0) }
    #expect(numbers.map(\.description) == texts)
    for (place, left) in numbers.enumerated() {
      for (other, right) in numbers.enumerated() { #expect((left < right) == (place < other)) }
    }
  }

  @Test(arguments: [
    "", "oldest", "clicks-0.jsonl:17", "-1", "1 a:b:c", "1 a:end", "1 a:end:x", "1 a:18:x:5",
    "1 a:18::5", "1 a:18:-2:5", "1 a:18:1:2:5", "1 a:end:1:5", "1 a:18:99999999999999999999:5",
  ])
  func `a token of another log is refused`(token: String) {
    let error = #expect(throws: ConnectorError.self) { try SlicePosition(SourcePosition(token)) }
    #expect(
      error?.description == "position \"\(token)\" is none of a Kinesis stream's shards; it was "
        + "written for another kind of log; use another database, or the former log"
    )
  }
}
