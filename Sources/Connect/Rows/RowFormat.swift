import Dataflow
import Events

/// How a row of named columns is written as text: CSV or a JSON object.
///
/// Columns come in order, between `startRow` and `endRow`.
protocol RowFormat: Sendable {
  /// What precedes the first row of a file.
  func header(_ columns: [StaticString]) -> String

  func startRow(_ row: inout TextBuffer)
  /// What stands before each value: a separator, and the column's name if rows carry it.
  func name(_ column: StaticString, isFirst: Bool, _ row: inout TextBuffer)
  func endRow(_ row: inout TextBuffer)

  func null(_ row: inout TextBuffer)
  func text(_ value: UnsafeRawBufferPointer, _ row: inout TextBuffer)
  func time(_ value: EventTime, _ row: inout TextBuffer)
  /// A time that many rows in turn share.
  func wallTime(_ value: EventTime, _ row: inout TextBuffer)
}

/// RFC 4180 with newlines as line ends, and a header.
///
/// NULL is an empty field, the empty string is `""`.
struct CSVFormat: RowFormat {
  func header(_ columns: [StaticString]) -> String {
    columns.map(\.description).joined(separator: ",") + "\n"
  }

  func startRow(_ row: inout TextBuffer) {}
  func name(_ column: StaticString, isFirst: Bool, _ row: inout TextBuffer) {
    if !isFirst { row.append(byte: UInt8(ascii: ",")) }
  }
  func endRow(_ row: inout TextBuffer) { row.append(byte: UInt8(ascii: "\n")) }

  func null(_ row: inout TextBuffer) {}
  func time(_ value: EventTime, _ row: inout TextBuffer) { row.append(value) }
  func wallTime(_ value: EventTime, _ row: inout TextBuffer) { row.append(wallTime: value) }

  func text(_ value: UnsafeRawBufferPointer, _ row: inout TextBuffer) {
    if row.append(plainCell: value) { return }
    let needsQuotes =
      value.isEmpty
      || value.contains {
        $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
          || $0 == UInt8(ascii: "\r")
      }
    guard needsQuotes else { return row.append(value) }
    row.append(byte: UInt8(ascii: "\""))
    for byte in value {
      if byte == UInt8(ascii: "\"") { row.append(byte: byte) }
      row.append(byte: byte)
    }
    row.append(byte: UInt8(ascii: "\""))
  }
}

/// One JSON object a line, every column present, NULL as `null`.
struct JSONLinesFormat: RowFormat {
  func header(_ columns: [StaticString]) -> String { "" }

  func startRow(_ row: inout TextBuffer) { row.append(byte: UInt8(ascii: "{")) }
  func name(_ column: StaticString, isFirst: Bool, _ row: inout TextBuffer) {
    row.append(isFirst ? "\"" : ",\"")
    row.append(column)
    row.append("\":")
  }
  func endRow(_ row: inout TextBuffer) { row.append("}\n") }

  func null(_ row: inout TextBuffer) { row.append("null") }
  func time(_ value: EventTime, _ row: inout TextBuffer) {
    row.append(byte: UInt8(ascii: "\""))
    row.append(value)
    row.append(byte: UInt8(ascii: "\""))
  }
  func wallTime(_ value: EventTime, _ row: inout TextBuffer) {
    row.append(byte: UInt8(ascii: "\""))
    row.append(wallTime: value)
    row.append(byte: UInt8(ascii: "\""))
  }

  func text(_ value: UnsafeRawBufferPointer, _ row: inout TextBuffer) {
    row.append(byte: UInt8(ascii: "\""))
    var plain = value.startIndex
    for index in value.indices {
      let byte = value[index]
      guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
        continue
      }
      row.append(UnsafeRawBufferPointer(rebasing: value[plain..<index]))
      plain = index + 1
      if byte < 0x20 {
        row.append("\\u00")
        row.append(byte: Self.hexDigit(byte >> 4))
        row.append(byte: Self.hexDigit(byte & 15))
      } else {
        row.append(byte: UInt8(ascii: "\\"))
        row.append(byte: byte)
      }
    }
    row.append(UnsafeRawBufferPointer(rebasing: value[plain...]))
    row.append(byte: UInt8(ascii: "\""))
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}
