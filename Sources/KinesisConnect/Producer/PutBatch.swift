/// The records of one call, as they were appended.
struct PutBatch {
  private var bytes: [UInt8] = []
  private var marks: [(dataCount: Int, keyCount: Int)] = []

  var recordCount: Int { marks.count }

  func hasRoom(for byteCount: Int) -> Bool {
    marks.count < PutRecordsBody.mostRecords && bytes.count + byteCount <= PutRecordsBody.mostBytes
  }

  /// - Parameters:
  ///   - record: data, then partition key.
  ///   - dataCount: bytes of data.
  mutating func append(_ record: UnsafeRawBufferPointer, dataCount: Int) {
    bytes.append(contentsOf: record)
    marks.append((dataCount, record.count - dataCount))
  }

  /// Turns them into the body of their call.
  func encoded(for stream: String) -> [UInt8] {
    var body = PutRecordsBody(stream: stream)
    body.reserve(dataByteCount: bytes.count, recordCount: marks.count)
    bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      for mark in marks {
        let data = rest.prefix(mark.dataCount)
        let key = rest.dropFirst(mark.dataCount).prefix(mark.keyCount)
        body.append(
          data: UnsafeRawBufferPointer(rebasing: data),
          partitionKey: UnsafeRawBufferPointer(rebasing: key)
        )
        rest = rest.dropFirst(mark.dataCount + mark.keyCount)
      }
    }
    return body.take()
  }
}
