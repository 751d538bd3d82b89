import Events
import FileInput
import OrderKPIs
import TestSupport
import Testing

/// The hash partitions give what keep-first operators and tumbling windows give, however the input is
/// cut and shared.
@Suite struct ComposedEqualsFusedTests {
  @Test(arguments: TableShape.Name.allCases, [11, 12, 13] as [UInt64])
  func `partitions give the figures of the composed operators`(
    shape: TableShape.Name,
    seed: UInt64
  ) throws {
    let shop = RandomShop(shape, size: 600, seed: seed, categories: 90)
    var composed = ComposedKPIs()
    let expected = composed.figures(
      products: try rows([shop.products], ProductRow.self, ComposedKPIs.Product.init),
      orders: try rows(shop.orders, OrderRow.self, ComposedKPIs.Order.init),
      items: try rows(shop.orderItems, OrderItemRow.self, ComposedKPIs.Item.init)
    )
    #expect(expected.days.count > 3 && expected.categories.count > 90)
    try withShop { directory in
      let files = try directory.write(shop, seed: seed)
      #expect(try ShopKPIs.compute(files).figures == expected, "seed \(seed)")
    }
  }

  @Test(arguments: [1, 3, 8], [64, 1000, 1 << 20])
  func `neither threads nor chunks change figures or rejects`(
    threads: Int,
    chunkByteCount: Int
  ) throws {
    let shop = RandomShop(.a, size: 300, seed: 21)
    try withShop { directory in
      let files = try directory.write(shop, seed: 21)
      let expected = try ShopKPIs.compute(files, threads: 1, chunkByteCount: 1 << 24)
      let result = try ShopKPIs.compute(files, threads: threads, chunkByteCount: chunkByteCount)
      #expect(result.figures == expected.figures)
      for (report, other) in zip(result.reports, expected.reports) {
        #expect(report.rowCount == other.rowCount)
        #expect(report.rejects.counts == other.rejects.counts)
        #expect(report.rejects.samples == other.rejects.samples)
      }
    }
  }

  @Test func `the order of product files without copies does not matter`() throws {
    try withShop { directory in
      try directory.write("id,cost,category,retail_price,department\n1,1,Shoes,2,\n", to: "p1.csv")
      try directory.write("id,cost,category,retail_price,department\n2,1,Hats,2,\n", to: "p2.csv")
      let files = try directory.files(
        products: "",
        items: [("1", "9", "5.00"), ("2", "9", "6.00")]
      )
      let orders = files.orders.map(\.file.path)
      let items = files.orderItems.map(\.file.path)
      let names = ["\(directory.path)/p1.csv", "\(directory.path)/p2.csv"]
      let results = try [names, names.reversed()].map {
        try ShopKPIs.compute(ShopFiles(products: $0, orders: orders, orderItems: items)).figures
      }
      #expect(results[0] == results[1])
      #expect(results[0].categories.map(\.category) == ["Hats", "Shoes"])
    }
  }

  /// The clean rows of tables, in order, taken out of the memory that they were read in.
  private func rows<Row: CleanRow, Kept>(
    _ tables: [CSVText],
    _: Row.Type,
    _ keep: (Row) -> Kept
  ) throws -> [Kept] {
    try tables.flatMap { try cleaning($0.text(), as: Row.self) { $0.rows.map(keep) } }
  }
}

extension ShopDirectory {
  /// One order on one day, with items of (product, id, price).
  fileprivate func files(
    products: String,
    items: [(product: String, order: String, price: String)]
  ) throws -> ShopFiles {
    let lines = items.enumerated().map { index, item in
      "\(index),\(item.order),\(item.product),,\(item.price)\n"
    }
    return try files(
      products: "id,cost,category,retail_price,department\n" + products,
      orders: "order_id,user_id,status,created_at,num_of_item\n9,1,Complete,2024-03-01,2\n",
      orderItems: "id,order_id,product_id,status,sale_price\n" + lines.joined()
    )
  }
}
