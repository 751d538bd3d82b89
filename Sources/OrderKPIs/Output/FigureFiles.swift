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
  /// - Throws: where the directory cannot be made or written to, the disk is full, or a directory
  ///   has the name of a file: the other file may be replaced then, the next run replaces both.
  package func write(_ figures: DailyFigures) throws(ConnectorError) {
    try makeDirectory()
    let orders = try file("order_kpis", figures.orderText)
    // Once it is published, there is nothing of this name to take away.
    defer { orders.discard() }
    let categories = try file("category_kpis", figures.categoryText)
    defer { categories.discard() }
    try orders.publish(isSynchronous: false)
    try categories.publish(isSynchronous: false)
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

  /// A file that is safe on disk, with a name for the time being.
  private func file(_ table: String, _ text: String) throws(ConnectorError) -> RowFile {
    let file = try RowFile(replacing: "\(directory)/\(table).csv")
    do throws(ConnectorError) {
      try Array(text.utf8).withUnsafeBufferPointer { bytes throws(ConnectorError) in
        try file.write(UnsafeRawBufferPointer(bytes))
      }
      try file.flush()
    } catch {
      file.discard()
      throw error
    }
    return file
  }
}
