import Dataflow
import Events

/// Writes rows of named columns in one format, into memory.
///
/// Columns come in their table's order, between `startRow` and `endRow`.
struct RowWriter<Format: RowFormat>: ~Copyable {
  private(set) var buffer = TextBuffer()
  private let format: Format
  private var isFirst = true

  init(_ format: Format) { self.format = format }

  mutating func removeAll() { buffer.removeAll() }

  mutating func startRow() {
    isFirst = true
    format.startRow(&buffer)
  }

  mutating func endRow() { format.endRow(&buffer) }

  mutating func text(_ column: StaticString, _ value: UnsafeRawBufferPointer?) {
    name(column)
    if let value { format.text(value, &buffer) } else { format.null(&buffer) }
  }

  mutating func text(_ column: StaticString, _ value: String) {
    name(column)
    var value = value
    value.withUTF8 { format.text(UnsafeRawBufferPointer($0), &buffer) }
  }

  mutating func time(_ column: StaticString, _ value: EventTime?) {
    name(column)
    if let value { format.time(value, &buffer) } else { format.null(&buffer) }
  }

  mutating func wallTime(_ column: StaticString, _ value: EventTime) {
    name(column)
    format.wallTime(value, &buffer)
  }

  mutating func money(_ column: StaticString, _ value: Money) {
    name(column)
    if value.isAbsent { format.null(&buffer) } else { buffer.append(value) }
  }

  mutating func number(_ column: StaticString, _ value: Int64?) {
    name(column)
    if let value { buffer.append(value) } else { format.null(&buffer) }
  }

  mutating func truth(_ column: StaticString, _ value: Bool) {
    name(column)
    buffer.append(value ? "true" : "false" as StaticString)
  }

  private mutating func name(_ column: StaticString) {
    format.name(column, isFirst: isFirst, &buffer)
    isFirst = false
  }
}
