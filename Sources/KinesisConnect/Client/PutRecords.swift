package import AWSClient
import CScan

/// The body of a PutRecords call, written as records come, and what it counts against the limits.
///
///     {"StreamName":"shop-clicks","Records":[{"Data":"...","PartitionKey":"..."},...]}
package struct PutRecordsBody: Sendable {
  /// Of one call.
  package static let mostRecords = 500
  /// Of one call: data and partition keys, before base64.
  package static let mostBytes = 5 << 20
  /// Of one record: data and partition key.
  package static let greatestRecord = 1 << 20
  /// Of a partition key, in characters.
  package static let longestKey = 256

  package private(set) var bytes: [UInt8] = []
  package private(set) var recordCount = 0
  /// Data and partition keys.
  package private(set) var byteCount = 0

  private let start: [UInt8]

  package init(stream: String) {
    start = Array("{\"StreamName\":\"\(stream)\",\"Records\":[".utf8)
    bytes = start
  }

  /// Whether a record of so many bytes of data and key may be added.
  package func hasRoom(for byteCount: Int) -> Bool {
    recordCount < Self.mostRecords && self.byteCount + byteCount <= Self.mostBytes
  }

  /// - Precondition: there is room for it.
  package mutating func append(
    data: UnsafeRawBufferPointer,
    partitionKey: UnsafeRawBufferPointer,
    explicitHashKey: HashKey? = nil
  ) {
    precondition(hasRoom(for: data.count + partitionKey.count), "\(recordCount) records, full")
    if recordCount > 0 { bytes.append(UInt8(ascii: ",")) }
    bytes.append(literal: "{\"Data\":\"")
    bytes.append(base64: data)
    bytes.append(literal: "\",\"PartitionKey\":\"")
    bytes.append(escaping: partitionKey)
    if let explicitHashKey {
      bytes.append(literal: "\",\"ExplicitHashKey\":\"")
      bytes.append(contentsOf: explicitHashKey.description.utf8)
    }
    bytes.append(literal: "\"}")
    recordCount += 1
    byteCount += data.count + partitionKey.count
  }

  /// Room for so many bytes of data and keys, so that nothing is moved while it is written.
  package mutating func reserve(dataByteCount: Int, recordCount: Int) {
    bytes.reserveCapacity(bytes.count + dataByteCount * 4 / 3 + recordCount * 40)
  }

  /// The whole body; the next record begins another.
  package mutating func take() -> [UInt8] {
    bytes.append(literal: "]}")
    let whole = bytes
    bytes = start
    recordCount = 0
    byteCount = 0
    return whole
  }
}

/// What became of the records of one PutRecords.
package struct PutRecordsAnswer: Hashable, Sendable {
  /// Those that were not stored, by their place in the call, ascending.
  package var failures: [Failure] = []

  package struct Failure: Hashable, Sendable {
    package var index: Int
    /// `ProvisionedThroughputExceededException`, `InternalFailure`, `KMS...`.
    package var code: String
    package var message: String

    package init(index: Int, code: String, message: String) {
      self.index = index
      self.code = code
      self.message = message
    }

    package var isThrottling: Bool { code == "ProvisionedThroughputExceededException" }
  }

  package init() {}

  /// Reads the answer of PutRecords.
  ///
  /// - Parameters:
  ///   - answer: whole.
  ///   - recordCount: of the call: the answer has as many.
  /// - Throws: when it is no such answer.
  package init(parsing answer: ScannableBytes, recordCount: Int) throws(AnswerFormatError) {
    var answer = answer
    var failures: [Failure] = []
    var index = 0
    try answer.withUnsafeMutableBytes { bytes throws(AnswerFormatError) in
      func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
      var scanner = JSONScanner(bytes)
      try scanner.fields { (scanner, name) throws(AnswerFormatError) in
        guard scanner.equals(name, "Records") else { return try scanner.skip() }
        try scanner.elements { (scanner) throws(AnswerFormatError) in
          var failure = Failure(index: index, code: "", message: "")
          try scanner.fields { (scanner, name) throws(AnswerFormatError) in
            if scanner.equals(name, "ErrorCode") {
              failure.code = scanner.skipNull() ? "" : string(try scanner.text())
            } else if scanner.equals(name, "ErrorMessage") {
              failure.message = scanner.skipNull() ? "" : string(try scanner.text())
            } else {
              try scanner.skip()
            }
          }
          if !failure.code.isEmpty { failures.append(failure) }
          index += 1
        }
      }
    }
    guard index == recordCount else {
      throw AnswerFormatError("expected \(recordCount) records in the answer, found \(index)")
    }
    self.failures = failures
  }
}

extension [UInt8] {
  mutating func append(literal text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(base64 data: UnsafeRawBufferPointer) {
    guard let start = data.baseAddress else { return }
    let size = base64_text_size(data.count)
    let end = count
    append(contentsOf: repeatElement(0, count: size))
    withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      base64_encode(start, data.count, base + end)
    }
  }

  /// As the inside of a JSON text.
  mutating func append(escaping text: UnsafeRawBufferPointer) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(byte)
      case 0..<0x20:
        append(literal: "\\u00")
        append(contentsOf: Digest.hexadecimal([byte]).utf8)
      default: append(byte)
      }
    }
  }
}
