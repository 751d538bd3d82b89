import Foundation

/// A table as it stands in a file: named columns, and cells as the shop wrote them.
struct CSVText {
  var columns: [String]
  var rows: [[String]]

  enum Style: CaseIterable {
    /// Quotes only where there is no other way, newlines.
    case plain
    /// Quotes around every cell, and a byte order mark.
    case quoted
    /// As `plain`, with `\r\n`.
    case carriageReturns
  }

  /// The file; rows of another length than the header are written as they are.
  func text(_ style: Style = .plain) -> String {
    let lineEnd = style == .carriageReturns ? "\r\n" : "\n"
    let lines = ([columns] + rows).map { row in
      row.map { cell($0, style) }.joined(separator: ",")
    }
    return (style == .quoted ? "\u{FEFF}" : "") + lines.joined(separator: lineEnd) + lineEnd
  }

  private func cell(_ text: String, _ style: Style) -> String {
    let isSpecial = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    guard style == .quoted || isSpecial else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  /// The same table with its columns in another order and one more that nobody knows.
  func shuffled(using random: inout some RandomNumberGenerator) -> CSVText {
    let order = (columns.indices + [-1]).shuffled(using: &random)
    return CSVText(
      columns: order.map { $0 < 0 ? "note" : columns[$0] },
      rows: rows.map { row in order.map { $0 < 0 ? "n, \"o\"" : row[$0] } }
    )
  }
}
