/// Walks over the rows of a binary COPY, from the first to the last.
///
/// ```
/// field count | field | field | ... | field count | field | ...
///             |<-- key, so many -->|
/// |<------------- range ----------->|
/// ```
/// Source: PostgreSQL manual, COPY, "Binary Format".
struct CopyRowWalk {
  struct Row {
    /// Where it stands.
    var range: Range<Int>
    /// Where its first fields stand.
    var key: Range<Int>
  }

  /// Rows as they were written, without header and trailer.
  private let bytes: UnsafeRawBufferPointer
  private let keyFieldCount: Int
  private var offset = 0

  /// Starts at the first row, whose key is its first `keyFieldCount` fields.
  init(_ bytes: UnsafeRawBufferPointer, keyFieldCount: Int) {
    self.bytes = bytes
    self.keyFieldCount = keyFieldCount
  }

  /// The next row; nil behind the last one.
  mutating func next() -> Row? {
    guard offset < bytes.count else { return nil }
    let start = offset
    let fieldCount = Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: Int16.self))
    offset += 2
    var keyEnd = offset
    for field in 0..<Int(fieldCount) {
      if field == keyFieldCount { keyEnd = offset }
      let length = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
      offset += 4 + Int(max(length, 0))
    }
    if fieldCount <= keyFieldCount { keyEnd = offset }
    return Row(range: start..<offset, key: start + 2..<keyEnd)
  }
}
