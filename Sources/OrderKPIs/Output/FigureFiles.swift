package import Connect
import Foundation

/// Figures as CSV files of a directory: `order_kpis.csv` and `category_kpis.csv`.
///
/// Columns are those of the tables, in their order; rows are sorted by date, then category.
package struct FigureFiles: Sendable {
  private let directory: String

  package init(directory: String) { self.directory = directory }

  /// Replaces both files, once both are safe on disk; before that nothing has their names.
  ///
  /// - Throws: where the directory cannot be made or written to, or the disk is full.
  package func write(_ figures: DailyFigures) throws(ConnectorError) {
    try makeDirectory()
    let orders = try file("order_kpis", figures.orderText)
    do throws(ConnectorError) {
      let categories = try file("category_kpis", figures.categoryText)
      try orders.publish(as: path(of: "order_kpis"))
      try categories.publish(as: path(of: "category_kpis"))
    } catch {
      orders.discard()
      throw error
    }
  }

  private func makeDirectory() throws(ConnectorError) {
    var path = directory.hasPrefix("/") ? "/" : ""
    for name in directory.split(separator: "/") {
      path += name + "/"
      guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
        throw ConnectorError(
          .permanent,
          "could not make the directory \"\(path)\": \(String(cString: strerror(errno)))",
          hint: "Name a directory that can be made and written to."
        )
      }
    }
  }

  private func path(of table: String) -> String { "\(directory)/\(table).csv" }

  /// A file with a name for the time being.
  private func file(_ table: String, _ text: String) throws(ConnectorError) -> RowFile {
    let file = try RowFile(path: "\(directory)/.\(table).csv.\(getpid()).part")
    do throws(ConnectorError) {
      try Array(text.utf8).withUnsafeBufferPointer { bytes throws(ConnectorError) in
        try file.write(UnsafeRawBufferPointer(bytes))
      }
    } catch {
      file.discard()
      throw error
    }
    return file
  }
}
