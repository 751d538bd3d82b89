import Dataflow
import Events

/// Rows in the text format of PostgreSQL's COPY, in one growable run of bytes.
///
/// Source: PostgreSQL manual, COPY, "Text Format".
struct CopyText {
  private(set) var bytes: [UInt8] = []
  private var isRowBegun = false

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func endRow() {
    bytes.append(0x0A)
    isRowBegun = false
  }

  mutating func appendNull() {
    beginField()
    bytes.append(UInt8(ascii: "\\"))
    bytes.append(UInt8(ascii: "N"))
  }

  /// Appends a text, which is UTF-8 without U+0000.
  mutating func append(_ text: some Collection<UInt8>) {
    beginField()
    appendEscaped(text)
  }

  /// Appends NULL for an empty text.
  mutating func append(orNull text: some Collection<UInt8>) {
    if text.isEmpty { appendNull() } else { append(text) }
  }

  mutating func append(_ number: some BinaryInteger) { append(Array(String(number).utf8)) }

  mutating func append(_ time: EventTime?) {
    guard let time else { return appendNull() }
    beginField()
    withUnsafeTemporaryAllocation(
      byteCount: EventTime.maximumTextByteCount,
      alignment: 1
    ) { text in
      guard let start = text.baseAddress else { return }
      bytes.append(contentsOf: text.prefix(time.write(to: start)))
    }
  }

  /// Appends one text of two that no other two make: `FIRST|SECOND`, the first one's `|` escaped.
  mutating func append(pair first: some Collection<UInt8>, _ second: some Collection<UInt8>) {
    beginField()
    for byte in first {
      let isSpecial = byte == UInt8(ascii: "|") || byte == UInt8(ascii: "\\")
      appendEscaped(isSpecial ? [UInt8(ascii: "\\"), byte] : [byte])
    }
    bytes.append(UInt8(ascii: "|"))
    appendEscaped(second)
  }

  private mutating func beginField() {
    if isRowBegun { bytes.append(0x09) }
    isRowBegun = true
  }

  private mutating func appendEscaped(_ text: some Collection<UInt8>) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\\"): bytes.append(contentsOf: [byte, byte])
      case 0x09: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
      case 0x0A: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
      case 0x0D: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
      default: bytes.append(byte)
      }
    }
  }
}
