/// Takes the fields of a Kafka frame one after another.
///
/// Source: "Protocol Primitive Types" of Kafka's protocol guide.
struct FrameReader {
  struct Cut: Error {}

  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

  var remaining: [UInt8] { Array(rest) }

  mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws -> Number {
    try take(MemoryLayout<Number>.size).reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
  }

  /// Nil for a null string.
  mutating func text() throws -> String? {
    let count = try number(Int16.self)
    return count < 0 ? nil : String(decoding: try take(Int(count)), as: UTF8.self)
  }

  mutating func texts() throws -> [String?] {
    try (0..<max(0, try number(Int32.self))).map { _ in try text() }
  }

  mutating func numbers() throws -> [Int32] {
    try (0..<max(0, try number(Int32.self))).map { _ in try number(Int32.self) }
  }

  private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard rest.count >= count else { throw Cut() }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}

/// Writes the fields of a Kafka frame.
struct FrameWriter {
  private(set) var bytes: [UInt8] = []

  mutating func number(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
  }

  mutating func text(_ value: String?) {
    number(Int16(value.map { $0.utf8.count } ?? -1))
    bytes += value.map { Array($0.utf8) } ?? []
  }

  mutating func numbers(_ values: [Int32]) {
    number(Int32(values.count))
    for value in values { number(value) }
  }

  mutating func raw(_ values: [UInt8]) { bytes += values }
}

/// A request: the fields of its header of version 1, and what comes behind.
struct RequestFrame {
  var key: Int16
  var version: Int16
  var id: Int32
  var client: String?
  var body: [UInt8]

  init(_ bytes: [UInt8]) throws {
    var reader = FrameReader(bytes)
    key = try reader.number(Int16.self)
    version = try reader.number(Int16.self)
    id = try reader.number(Int32.self)
    client = try reader.text()
    body = reader.remaining
  }

  var bytes: [UInt8] {
    var writer = FrameWriter()
    writer.number(key)
    writer.number(version)
    writer.number(id)
    writer.text(client)
    writer.raw(body)
    return writer.bytes
  }

  /// The frame of an answer.
  func answer(_ body: [UInt8]) -> [UInt8] {
    var writer = FrameWriter()
    writer.number(id)
    writer.raw(body)
    return writer.bytes
  }
}
