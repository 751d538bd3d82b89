package import AWSClient
import Dataflow

extension RecordsPage {
  /// Reads the answer of GetRecords, and decodes keys and data where they stand.
  package init(parsing answer: consuming ScannableBytes) throws(AnswerFormatError) {
    self.init(bytes: answer)
    guard bytes.count <= UInt32.max else {
      throw AnswerFormatError("expected an answer below 4 GiB, found \(bytes.count) bytes")
    }
    var page = RecordsPage()
    var hasRecords = false
    try bytes.withUnsafeMutableBytes { bytes throws(AnswerFormatError) in
      var scanner = JSONScanner(bytes)
      try scanner.fields { (scanner, name) throws(AnswerFormatError) in
        if scanner.equals(name, "Records") {
          hasRecords = true
          try scanner.elements { (scanner) throws(AnswerFormatError) in
            page.records.append(try Record(from: &scanner))
          }
        } else if scanner.equals(name, "MillisBehindLatest") {
          page.millisecondsBehind = scanner.skipNull() ? 0 : try scanner.number()
        } else if scanner.equals(name, "NextShardIterator") {
          guard !scanner.skipNull() else { return }
          page.next = ShardIterator(token: Self.string(try scanner.text(), in: bytes))
        } else if scanner.equals(name, "ChildShards") {
          guard !scanner.skipNull() else { return }
          try scanner.elements { (scanner) throws(AnswerFormatError) in
            page.children.append(try ChildShard(from: &scanner, in: bytes))
          }
        } else {
          try scanner.skip()
        }
      }
    }
    guard hasRecords else { throw AnswerFormatError("expected Records in the answer, found none") }
    records = page.records
    millisecondsBehind = page.millisecondsBehind
    next = page.next
    children = page.children
  }

  fileprivate static func string(
    _ range: Range<Int>,
    in bytes: UnsafeMutableRawBufferPointer
  ) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }
}

extension RecordsPage.Record {
  fileprivate init(from scanner: inout JSONScanner) throws(AnswerFormatError) {
    var sequenceNumber: Range<Int>?
    var partitionKey: Range<Int>?
    var data: Range<Int>?
    var arrival: Int64 = 0
    try scanner.fields { (scanner, name) throws(AnswerFormatError) in
      if scanner.equals(name, "Data") {
        data = try scanner.bytes()
      } else if scanner.equals(name, "PartitionKey") {
        partitionKey = try scanner.text()
      } else if scanner.equals(name, "SequenceNumber") {
        sequenceNumber = try scanner.text()
      } else if scanner.equals(name, "ApproximateArrivalTimestamp") {
        arrival = scanner.skipNull() ? 0 : try scanner.number(decimals: 6)
      } else {
        try scanner.skip()
      }
    }
    guard let sequenceNumber, let partitionKey, let data else {
      throw AnswerFormatError(
        "expected a record's Data, PartitionKey and SequenceNumber before byte \(scanner.offset) of "
          + "the answer"
      )
    }
    self.init(
      sequenceNumber: RecordsPage.Span(
        start: sequenceNumber.lowerBound,
        count: sequenceNumber.count
      ),
      partitionKey: RecordsPage.Span(start: partitionKey.lowerBound, count: partitionKey.count),
      data: RecordsPage.Span(start: data.lowerBound, count: data.count),
      arrival: EventTime(microseconds: arrival)
    )
  }
}

extension ChildShard {
  fileprivate init(
    from scanner: inout JSONScanner,
    in bytes: UnsafeMutableRawBufferPointer
  ) throws(AnswerFormatError) {
    var id: String?
    var parents: [String] = []
    var first: HashKey?
    var last: HashKey?
    try scanner.fields { (scanner, name) throws(AnswerFormatError) in
      if scanner.equals(name, "ShardId") {
        id = RecordsPage.string(try scanner.text(), in: bytes)
      } else if scanner.equals(name, "ParentShards") {
        try scanner.elements { (scanner) throws(AnswerFormatError) in
          parents.append(RecordsPage.string(try scanner.text(), in: bytes))
        }
      } else if scanner.equals(name, "HashKeyRange") {
        try scanner.fields { (scanner, name) throws(AnswerFormatError) in
          let isFirst = scanner.equals(name, "StartingHashKey")
          let key = HashKey(decimal: RecordsPage.string(try scanner.text(), in: bytes))
          if isFirst { first = key } else { last = key }
        }
      } else {
        try scanner.skip()
      }
    }
    guard let id, let first, let last, first <= last else {
      throw AnswerFormatError(
        "expected a child shard's id and hash keys before byte \(scanner.offset) of the answer"
      )
    }
    self.init(id: id, parentIDs: parents, hashKeys: first...last)
  }
}
