package import Attribution
import Dataflow
import Events

/// Final answers as text rows in memory: the product of the batch path.
///
/// The columns that say which click was first come first, then what it led from and to.
package struct FirstClickRows: ~Copyable {
  package enum Format: Sendable {
    case csv, jsonLines
  }

  private static let columns: [StaticString] = [
    "checkout_id", "user_id", "checkout_timestamp", "attributed_click_id", "first_click_timestamp",
    "clicks_in_window", "revenue", "attributed_product_id", "attributed_product_name",
    "attributed_category", "traffic_source", "device_type", "attribution_window_seconds",
  ]

  private let format: Format
  private var csv = RowWriter(CSVFormat())
  private var jsonLines = RowWriter(JSONLinesFormat())

  package init(_ format: Format) { self.format = format }

  /// What precedes the first row of a file.
  package static func header(_ format: Format) -> String {
    switch format {
    case .csv: CSVFormat().header(columns)
    case .jsonLines: JSONLinesFormat().header(columns)
    }
  }

  /// Valid until the next change.
  package var bytes: UnsafeRawBufferPointer {
    switch format {
    case .csv: csv.buffer.bytes
    case .jsonLines: jsonLines.buffer.bytes
    }
  }

  /// Forgets the rows and keeps the memory.
  package mutating func removeAll() {
    csv.removeAll()
    jsonLines.removeAll()
  }

  package mutating func append(_ answers: [Answer]) {
    switch format {
    case .csv: for answer in answers { csv.append(firstClick: answer) }
    case .jsonLines: for answer in answers { jsonLines.append(firstClick: answer) }
    }
  }
}

extension RowWriter {
  fileprivate mutating func append(firstClick answer: Answer) {
    var checkout = startRow(of: answer)
    time("first_click_timestamp", answer.isAttributed ? answer.clickTime : nil)
    number("clicks_in_window", Int64(answer.clicksInWindow))
    money("revenue", checkout.nextMoney())
    clickedColumns(of: answer)
    number("attribution_window_seconds", answer.attributionSeconds)
    endRow()
  }
}
