import AWSClient
import CScan
import Connect
import Foundation
import KinesisConnect

/// Stores every record of PutRecords nowhere, and has four shards of every stream.
struct PutFake: HTTPTransport {
  /// Answers by the number of records, made beforehand.
  private let answers: [ScannableBytes]

  init() {
    let record =
      #"{"SequenceNumber":"49590338271490256608559692538361571095921575989136588898","#
      + #""ShardId":"shardId-000000000000"}"#
    answers = (0...PutRecordsBody.mostRecords).map { count in
      let records = Array(repeating: record, count: count).joined(separator: ",")
      return ScannableBytes("{\"FailedRecordCount\":0,\"Records\":[\(records)]}".utf8)
    }
  }

  func send(_ request: HTTPRequest) throws(HTTPFailure) -> HTTPResponse {
    let action = request.headers.first { $0.name == "X-Amz-Target" }?.value.split(separator: ".")
    switch action?.last {
    case "PutRecords":
      // Every record opens one brace, and the body itself.
      let braces = request.body.withUnsafeBytes { body in
        body.baseAddress.map { scan_count($0, UInt8(ascii: "{"), body.count) } ?? 1
      }
      return HTTPResponse(status: 200, body: answers[braces - 1])
    case "DescribeStreamSummary":
      return answer(
        #"{"StreamDescriptionSummary":{"StreamName":"s","StreamARN":"a","StreamStatus":"ACTIVE","#
          + #""OpenShardCount":4,"RetentionPeriodHours":24,"StreamCreationTimestamp":1.7E9}}"#
      )
    case "ListShards": return answer(Self.shards)
    case "GetShardIterator": return answer(#"{"ShardIterator":"t"}"#)
    default: return answer(#"{"Records":[],"MillisBehindLatest":0,"NextShardIterator":"t"}"#)
    }
  }

  private func answer(_ text: String) -> HTTPResponse {
    HTTPResponse(status: 200, body: ScannableBytes(text.utf8))
  }

  private static let shards: String = {
    let width = UInt128.max / 4
    let shards = (0..<4).map { number in
      let start = UInt128(number) * width
      return
        #"{"ShardId":"shardId-\#(number)","SequenceNumberRange":{"StartingSequenceNumber":"0"},"#
        + #""HashKeyRange":{"StartingHashKey":"\#(start)","EndingHashKey":"\#(start + width - 1)"}}"#
    }
    return "{\"Shards\":[\(shards.joined(separator: ","))]}"
  }()
}

/// Answers every GetRecords with the same page.
struct GetFake: HTTPTransport {
  let recordCount = 2000
  let byteCount: Int
  private let page: ScannableBytes

  init(_ input: KinesisInput) {
    var records: [String] = []
    var byteCount = 0
    outer: for piece in input.events.pieces {
      var start = KeyedLines.Mark(lineEnd: 0, keyEnd: 0)
      for end in piece.marks {
        let data = piece.bytes[Int(start.lineEnd)..<Int(end.lineEnd) - 1]
        let key = String(decoding: piece.keys[Int(start.keyEnd)..<Int(end.keyEnd)], as: UTF8.self)
        byteCount += data.count
        records.append(
          #"{"ApproximateArrivalTimestamp":1.441215410867E9,"Data":""#
            + Data(data).base64EncodedString() + #"","PartitionKey":""# + key
            + #"","SequenceNumber":"49590338271490256608559692538361571095921575989136588898"}"#
        )
        start = end
        if records.count == recordCount { break outer }
      }
    }
    self.byteCount = byteCount
    page = ScannableBytes(
      """
      {"MillisBehindLatest":0,"NextShardIterator":"t","Records":[\(records.joined(separator: ","))]}
      """.utf8
    )
  }

  func send(_ request: HTTPRequest) -> HTTPResponse { HTTPResponse(status: 200, body: page) }
}

/// One shard with all records of the input, a few thousand a page.
final class ShardFake: HTTPTransport {
  private static let pageRecordCount = 5000
  let recordCount: Int
  let byteCount: Int
  private let pages: [ScannableBytes]

  init(_ input: KinesisInput) {
    var pages: [[String]] = []
    var byteCount = 0
    var count = 0
    for piece in input.events.pieces {
      var start = KeyedLines.Mark(lineEnd: 0, keyEnd: 0)
      for end in piece.marks {
        let data = piece.bytes[Int(start.lineEnd)..<Int(end.lineEnd) - 1]
        let key = String(decoding: piece.keys[Int(start.keyEnd)..<Int(end.keyEnd)], as: UTF8.self)
        if count.isMultiple(of: Self.pageRecordCount) { pages.append([]) }
        let number = String(count)
        pages[pages.count - 1].append(
          #"{"ApproximateArrivalTimestamp":1.441215410867E9,"Data":""#
            + Data(data).base64EncodedString() + #"","PartitionKey":""# + key
            + #"","SequenceNumber":"4959"#
            + String(repeating: "0", count: 52 - number.count) + number + #""}"#
        )
        start = end
        count += 1
        byteCount += data.count
      }
    }
    recordCount = count
    self.byteCount = byteCount
    self.pages = pages.enumerated().map { index, records in
      let behind = index == pages.count - 1 ? 0 : 1000
      return ScannableBytes(
        """
        {"MillisBehindLatest":\(behind),"NextShardIterator":"\(index + 1)",\
        "Records":[\(records.joined(separator: ","))]}
        """.utf8
      )
    }
  }

  func send(_ request: HTTPRequest) -> HTTPResponse {
    let action = request.headers.first { $0.name == "X-Amz-Target" }?.value.split(separator: ".")
    let body: ScannableBytes =
      switch action?.last {
      case "DescribeStreamSummary":
        ScannableBytes(
          (#"{"StreamDescriptionSummary":{"StreamName":"s","StreamARN":"a","StreamStatus":"ACTIVE","#
            + #""OpenShardCount":1,"RetentionPeriodHours":24,"StreamCreationTimestamp":1.7E9}}"#)
            .utf8
        )
      case "ListShards":
        ScannableBytes(
          (#"{"Shards":[{"ShardId":"s","SequenceNumberRange":{"StartingSequenceNumber":"0"},"#
            + #""HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"\#(UInt128.max)"}}]}"#).utf8
        )
      case "GetShardIterator": ScannableBytes(#"{"ShardIterator":"0"}"#.utf8)
      default: page(of: request.body)
      }
    return HTTPResponse(status: 200, body: body)
  }

  /// The one whose number stands in the iterator.
  private func page(of body: [UInt8]) -> ScannableBytes {
    let text = String(decoding: body, as: UTF8.self)
    let number = text.firstMatch(of: #/"ShardIterator":"(\d+)"/#).flatMap { Int($0.1) } ?? 0
    return number < pages.count
      ? pages[number]
      : ScannableBytes(
        "{\"MillisBehindLatest\":0,\"NextShardIterator\":\"\(number)\",\"Records\":[]}".utf8
      )
  }
}
