package import Connect
import Events
package import FileInput

/// A CSV file of a table, whose header has what the table needs.
package struct ShopFile: Sendable {
  package let file: InputFile
  package let layout: TableLayout

  /// - Throws: for a file that is no CSV or lacks a required column, by name.
  package init(_ file: InputFile, of table: ShopTable) throws(ConnectorError) {
    guard let header = file.header else {
      throw ConnectorError(
        .permanent,
        "could not read \"\(file.path)\" as \(table.rawValue): expected CSV, found JSON lines",
        hint: "Name a CSV file with a header."
      )
    }
    self.file = file
    do throws(CSVHeaderFault) {
      layout = try TableLayout(of: table, header: header)
    } catch {
      throw file.refusal(error)
    }
  }
}

/// The files of a shop's three tables, each table's in the order that counts: of two rows with one
/// primary key the first stays.
package struct ShopFiles: Sendable {
  package let products: [ShopFile]
  package let orders: [ShopFile]
  package let orderItems: [ShopFile]

  package init(products: [ShopFile], orders: [ShopFile], orderItems: [ShopFile]) {
    self.products = products
    self.orders = orders
    self.orderItems = orderItems
  }

  /// Finds and checks the files that the names and patterns stand for.
  ///
  /// - Throws: before any row is read, for a file that is not there or not what it should be.
  package init(
    products: [String],
    orders: [String],
    orderItems: [String]
  ) throws(ConnectorError) {
    self.init(
      products: try Self.find(products, .products),
      orders: try Self.find(orders, .orders),
      orderItems: try Self.find(orderItems, .orderItems)
    )
  }

  private static func find(
    _ patterns: [String],
    _ table: ShopTable
  ) throws(ConnectorError) -> [ShopFile] {
    var files: [ShopFile] = []
    for file in try InputFile.find(patterns) { files.append(try ShopFile(file, of: table)) }
    return files
  }

  /// Of all tables, on disk.
  package var byteCount: Int64 {
    (products + orders + orderItems).reduce(0) { $0 + $1.file.byteCount }
  }
}
