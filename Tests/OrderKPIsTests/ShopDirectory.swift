import Foundation
import OrderKPIs
import TestSupport

/// A directory with the files of a shop, and runs over them.
struct ShopDirectory {
  let path: String

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  /// Writes every table of the shop, in a style and column order of its own for each file.
  func write(_ shop: RandomShop, seed: UInt64) throws -> ShopFiles {
    var random = SplitMix64(seed: seed)
    func write(_ tables: [CSVText], _ name: String) throws -> [String] {
      try tables.enumerated().map { index, table in
        let style = CSVText.Style.allCases.randomElement(using: &random) ?? .plain
        try self.write(table.shuffled(using: &random).text(style), to: "\(name)\(index).csv")
        return "\(path)/\(name)\(index).csv"
      }
    }
    return try ShopFiles(
      products: write([shop.products], "products"),
      orders: write(shop.orders, "orders"),
      orderItems: write(shop.orderItems, "order_items")
    )
  }

  /// Writes one file of each table and opens them.
  func files(products: String, orders: String, orderItems: String) throws -> ShopFiles {
    try write(products, to: "products.csv")
    try write(orders, to: "orders.csv")
    try write(orderItems, to: "order_items.csv")
    return try ShopFiles(
      products: ["\(path)/products.csv"],
      orders: ["\(path)/orders.csv"],
      orderItems: ["\(path)/order_items.csv"]
    )
  }

  /// The lines of both files that the figures make, headers too.
  func lines(of figures: DailyFigures) throws -> [String] {
    try FigureFiles(directory: "\(path)/out").write(figures)
    return try (read("out/order_kpis.csv") + read("out/category_kpis.csv"))
      .split(separator: "\n").map(String.init)
  }
}

/// Makes a directory for a test, and removes it with everything in it.
func withShop<Result>(_ body: (ShopDirectory) throws -> Result) throws -> Result {
  try withTemporaryDirectory { try body(ShopDirectory(path: $0)) }
}

extension ShopKPIs {
  /// The result with so many threads and chunks of so many bytes.
  static func compute(
    _ files: ShopFiles,
    threads: Int = 2,
    chunkByteCount: Int = 1 << 16
  ) throws -> Result {
    var settings = Settings()
    settings.threads = ThreadTeam(count: threads)
    settings.chunkByteCount = chunkByteCount
    return try ShopKPIs(of: files, settings).compute()
  }
}
