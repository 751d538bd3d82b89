/// The first row of a CSV file: which column stands where.
package struct CSVHeader: Sendable {
  /// In the order of the file, without surrounding spaces; empty for columns without a name.
  package let names: [String]
  /// Bytes of the header with its line end (and byte order mark): where the rows begin.
  package let byteCount: Int

  /// So many bytes of a file are searched for the end of its header.
  package static var maximumByteCount: Int { 256 << 10 }

  /// Reads the header at the start of a file; quotes mean in it what they mean in rows.
  ///
  /// - Parameters:
  ///   - text: the beginning of the file, `maximumByteCount` of it or all.
  ///   - isWhole: whether the file ends with the text.
  /// - Throws: `CSVHeaderFault` if there is no header, or not all of it, or a name stands twice.
  package init(_ text: UnsafeRawBufferPointer, isWhole: Bool) throws(CSVHeaderFault) {
    var names: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var index = text.byteOrderMarkByteCount
    var isComplete = false
    while index < text.count, !isComplete {
      let byte = text[index]
      index += 1
      switch byte {
      case Self.quote where isQuoted:
        let isDoubled = index < text.count && text[index] == Self.quote
        if isDoubled {
          cell.append(byte)
          index += 1
        }
        isQuoted = isDoubled
      case Self.quote where cell.isEmpty:
        isQuoted = true
      case UInt8(ascii: ",") where !isQuoted:
        names.append(Self.name(cell))
        cell = []
      case 0x0a where !isQuoted:
        isComplete = true
      default:
        cell.append(byte)
      }
    }
    guard isComplete || isWhole else { throw .tooLong }
    guard !(names.isEmpty && cell.isEmpty) else { throw .missing }
    names.append(Self.name(cell))
    for (index, name) in names.enumerated()
    where !name.isEmpty && names[..<index].contains(name) {
      throw .repeated(name)
    }
    self.names = names
    byteCount = index
  }

  /// Refuses a header that lacks a column.
  package func require(_ required: [String]) throws(CSVHeaderFault) {
    let lacking = required.filter { !names.contains($0) }
    guard lacking.isEmpty else { throw .lacking(lacking) }
  }

  private static let quote = UInt8(ascii: "\"")

  private static func name(_ cell: [UInt8]) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0d }
    let trimmed = cell.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    return String(decoding: Array(trimmed), as: UTF8.self)
  }
}

/// Why a CSV file is refused whole.
package enum CSVHeaderFault: Error, Hashable, CustomStringConvertible {
  /// The text is empty, or its first line is.
  case missing
  /// The first line goes on beyond `CSVHeader.maximumByteCount`; a quote that nothing closes makes it.
  case tooLong
  case repeated(String)
  case lacking([String])

  package var description: String {
    switch self {
    case .missing: "expected a header, found no line"
    case .tooLong:
      "expected a header of at most \(CSVHeader.maximumByteCount >> 10) KiB, found a longer one"
    case .repeated(let name): "expected each column once, found \"\(name)\" twice in the header"
    case .lacking(let names):
      "expected \(names.count == 1 ? "a column" : "columns") "
        + names.map { "\"\($0)\"" }.joined(separator: ", ") + ", found none in the header"
    }
  }
}
