import AWSClient
import CScan
import Connect
import Dataflow
import Foundation
import KinesisConnect
import Logging

/// Calls of Kinesis against a fake in this process: all of a call but the network.
///
/// Rates are per core: what is measured is processor time.
let kinesisBenchmarks = [
  Benchmark(name: "kinesis.put/digest", unit: .events) { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let bodies = input.bodies()
    return Workload(count: input.recordCount, byteCount: input.byteCount) {
      byProcessorTime {
        var checksum = Checksum()
        for body in bodies {
          body.bytes.withUnsafeBytes { checksum.combine(Digest.sha256($0)[0]) }
        }
        return checksum.value
      }
    }
  },
  Benchmark(name: "kinesis.put/client", unit: .events, limit: "kinesis.put/digest") { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let client = try KinesisClient.ofFake(PutFake())
    return Workload(count: input.recordCount, byteCount: input.byteCount) {
      try byProcessorTime {
        var failures = 0
        try input.eachBody { body, recordCount in
          failures += try client.putRecords(
            body,
            recordCount: recordCount,
            to: KinesisInput.stream
          ).failures.count
        }
        return UInt64(failures)
      }
    }
  },
  Benchmark(name: "kinesis.put/writer", unit: .events, limit: "kinesis.put/digest") { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let settings = try KinesisSettings.ofFake
    return Workload(count: input.recordCount, byteCount: input.byteCount) {
      try byProcessorTime {
        let writer = try KinesisLogWriter(
          settings,
          makesMissing: false,
          client: .ofFake(PutFake())
        )
        try input.events.replay(into: writer)
        try writer.finish()
        return UInt64(writer.deliveredCount)
      }
    }
  },
  Benchmark(name: "kinesis.get/client", unit: .events) { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let fake = GetFake(input)
    let client = try KinesisClient.ofFake(fake)
    let calls = input.recordCount / fake.recordCount
    return Workload(count: calls * fake.recordCount, byteCount: calls * fake.byteCount) {
      try byProcessorTime {
        var checksum = Checksum()
        for _ in 0..<calls {
          let page = try client.records(
            from: ShardIterator(token: "t"),
            of: "shardId-000000000000",
            in: KinesisInput.stream
          )
          for record in page.records {
            checksum.combine(record.data.count &+ record.partitionKey.count)
          }
        }
        return checksum.value
      }
    }
  },
  Benchmark(name: "kinesis.read/slices", unit: .events, limit: "kinesis.get/client") { context in
    let input = try context.shared("kinesisInput") { try KinesisInput(context) }
    let fake = ShardFake(input)
    let settings = try KinesisSettings(
      region: "eu-west-1",
      prefix: "shop",
      endpoint: nil,
      properties: [ConnectorProperty(name: "poll.interval", value: "10ms", place: "here")]
    )
    return Workload(count: fake.recordCount, byteCount: fake.byteCount) {
      try byProcessorTime {
        let log = try KinesisLog(
          settings,
          client: .ofFake(fake),
          logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        )
        var readers = try (0..<log.partitionCount()).map {
          try log.open(.clicks, partition: $0, at: nil, until: .endOfLog)
        }
        var records = 0
        while !readers.isEmpty {
          var isWaiting = true
          try readers.removeAll { reader in
            let run = try reader.read(atMost: 256 << 10)
            if case .messages(let messages) = run.framing { records += messages.count }
            if !run.isEmpty { isWaiting = false }
            return run.isCaughtUp
          }
          if isWaiting { usleep(1000) }
        }
        return UInt64(records)
      }
    }
  },
]

/// The outcome of work that gives a checksum.
private func byProcessorTime(_ work: () throws -> UInt64) rethrows -> Outcome {
  let start = BrokerTime.clientSeconds
  let checksum = try work()
  return Outcome(checksum: checksum, seconds: BrokerTime.clientSeconds - start)
}

extension KinesisSettings {
  /// Of no server: the transport is a fake.
  fileprivate static var ofFake: KinesisSettings {
    get throws(ConnectorError) {
      try KinesisSettings(region: "eu-west-1", prefix: "shop", endpoint: nil)
    }
  }
}

extension KinesisClient {
  fileprivate static func ofFake(
    _ transport: some HTTPTransport
  ) throws(ConnectorError) -> KinesisClient {
    KinesisClient(
      try .ofFake,
      environment: ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"],
      transport: transport
    )
  }
}

/// The generator's events as records of one stream.
private final class KinesisInput {
  static let stream = "shop-clicks"
  let events: RecordedEvents

  init(_ context: BenchmarkContext) throws {
    events = try RecordedEvents(context, partitionCount: 1)
  }

  var recordCount: Int { events.lineCount }
  var byteCount: Int { events.byteCount }

  /// Encodes all records, 500 a call.
  func eachBody(_ call: (_ body: [UInt8], _ recordCount: Int) throws -> Void) rethrows {
    var body = PutRecordsBody(stream: Self.stream)
    for piece in events.pieces {
      try piece.bytes.withUnsafeBytes { bytes in
        try piece.keys.withUnsafeBytes { keys in
          var start = KeyedLines.Mark(lineEnd: 0, keyEnd: 0)
          for end in piece.marks {
            if body.recordCount == PutRecordsBody.mostRecords {
              try call(body.take(), PutRecordsBody.mostRecords)
            }
            body.append(
              data: UnsafeRawBufferPointer(
                rebasing: bytes[Int(start.lineEnd)..<Int(end.lineEnd) - 1]
              ),
              partitionKey: UnsafeRawBufferPointer(
                rebasing: keys[Int(start.keyEnd)..<Int(end.keyEnd)]
              )
            )
            start = end
          }
        }
      }
    }
    let rest = body.recordCount
    if rest > 0 { try call(body.take(), rest) }
  }

  func bodies() -> [(bytes: [UInt8], recordCount: Int)] {
    var bodies: [(bytes: [UInt8], recordCount: Int)] = []
    eachBody { bodies.append(($0, $1)) }
    return bodies
  }
}

/// Stores every record of PutRecords nowhere, and has four shards of every stream.
private struct PutFake: HTTPTransport {
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
private struct GetFake: HTTPTransport {
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
private final class ShardFake: HTTPTransport {
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
