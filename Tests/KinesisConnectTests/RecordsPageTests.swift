import AWSClient
import Dataflow
import KinesisConnect
import Testing

@Suite struct RecordsPageTests {
  private static let answer = #"""
    {"ChildShards":[{"HashKeyRange":{"EndingHashKey":"7","StartingHashKey":"0"},
      "ParentShards":["shardId-0","shardId-1"],"ShardId":"shardId-2"}],
     "MillisBehindLatest":1200,"NextShardIterator":"AAAA\/b==",
     "Records":[
      {"ApproximateArrivalTimestamp":1.441215410867E9,"Data":"XzxkYXRhPl8w","EncryptionType":"NONE",
       "PartitionKey":"user \"\u00e9","SequenceNumber":"4954"},
      {"SequenceNumber":"4955","PartitionKey":"k","Data":"","ApproximateArrivalTimestamp":1441215410}
     ]}
    """#

  private static func page(_ text: String) throws(AnswerFormatError) -> RecordsPage {
    try RecordsPage(parsing: ScannableBytes(text.utf8))
  }

  @Test func `an answer is read whole`() throws {
    let page = try Self.page(Self.answer)
    #expect(page.millisecondsBehind == 1200)
    #expect(page.next == ShardIterator(token: "AAAA/b=="))
    #expect(
      page.children == [
        ChildShard(
          id: "shardId-2",
          parentIDs: ["shardId-0", "shardId-1"],
          hashKeys: HashKey(0)...HashKey(7)
        )
      ]
    )
    #expect(page.records.map { page.text($0.data) } == ["_<data>_0", ""])
    #expect(page.records.map { page.text($0.partitionKey) } == ["user \"é", "k"])
    #expect(page.records.map { page.sequenceNumber(of: $0).description } == ["4954", "4955"])
    #expect(
      page.records.map(\.arrival.microseconds) == [1_441_215_410_867_000, 1_441_215_410_000_000]
    )
  }

  @Test func `a closed shard's end has no iterator`() throws {
    let page = try Self.page(
      #"{"NextShardIterator":null,"Records":[],"MillisBehindLatest":0,"ChildShards":null}"#
    )
    #expect(page.next == nil)
    #expect(page.children.isEmpty)
    #expect(page.records.isEmpty)
  }

  @Test func `an answer cut anywhere is refused`() {
    for end in 0..<Self.answer.utf8.count {
      let cut = String(decoding: Self.answer.utf8.prefix(end), as: UTF8.self)
      #expect(throws: AnswerFormatError.self) { try Self.page(cut) }
    }
  }

  @Test(arguments: [
    #"{"Records":[{"PartitionKey":"k","SequenceNumber":"1"}]}"#,
    #"{"Records":[{"Data":"*","PartitionKey":"k","SequenceNumber":"1"}]}"#,
    #"{"Records":[{"Data":1,"PartitionKey":"k","SequenceNumber":"1"}]}"#,
    #"{"ChildShards":[{"ShardId":"s"}],"Records":[]}"#, "<html></html>", "", "{}",
    #"{"MillisBehindLatest":0,"NextShardIterator":"i"}"#,
  ])
  func `an answer of another form is refused`(_ text: String) {
    #expect(throws: AnswerFormatError.self) { try Self.page(text) }
  }

  @Test func `an answer of PutRecords names failures by their place`() throws {
    let text = #"""
      {"Records":[{"SequenceNumber":"1","ShardId":"s","ErrorCode":null,"ErrorMessage":null},
       {"ErrorCode":"InternalFailure","ErrorMessage":"no \"luck\""}],"FailedRecordCount":1}
      """#
    let answer = try PutRecordsAnswer(parsing: ScannableBytes(text.utf8), recordCount: 2)
    #expect(
      answer.failures == [
        PutRecordsAnswer.Failure(index: 1, code: "InternalFailure", message: "no \"luck\"")
      ]
    )
    #expect(throws: AnswerFormatError("expected 3 records in the answer, found 2")) {
      try PutRecordsAnswer(parsing: ScannableBytes(text.utf8), recordCount: 3)
    }
  }

  @Test func `sequence numbers are compared as numbers`() {
    let numbers = ["9", "10", "99", "100"].map { SequenceNumber($0) }
    #expect(numbers.sorted() == numbers)
  }

  @Test func `a partition key's hash is its MD5`() {
    // MD5("user_0000001") by md5sum.
    let key = Array("user_0000001".utf8).withUnsafeBytes { HashKey(ofPartitionKey: $0) }
    #expect(String(key.value, radix: 16) == "b462172872eb9785f3bb777e534bfc63")
  }
}
