import Foundation
import Testing

@testable import InboxPipeline

@Suite struct RunTests {
  private let trial: InboxTrial

  init() throws { trial = try InboxTrial() }

  private func putShop() throws {
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders_1.csv", ShopFiles.orders)
    try trial.put("order_items_1.csv", ShopFiles.items)
  }

  @Test func `a batch of shape A becomes the figures of its days`() throws {
    try putShop()
    let result = try trial.run()
    #expect(result.status == .succeeded)
    #expect(result.validFiles == ["order_items_1.csv", "orders_1.csv", "products.csv"])
    #expect(result.days == ["2026-11-20"])
    #expect(result.stagedRows == ["products": 2, "orders": 2, "order_items": 4])
    #expect(
      result.rejectedRows == [
        "cost_not_positive": 1, "invalid_created_at": 1, "num_of_item_zero": 1,
        "missing_product_id": 1, "duplicate_id": 1, "unknown_order": 1,
      ]
    )
    // 9.99 + 4.50 + 10.005 = 24.495, rounded once.
    #expect(try trial.days() == ["2026-11-20 2 24.50 3 2 50.00"])
    #expect(
      try trial.categories() == [
        "2026-11-20 Shoes 20.00 10.00 50.00", "2026-11-20 Unknown 4.50 4.50 0.00",
      ]
    )
    #expect(
      try trial.query(
        """
        SELECT source_file, reason, line, row_text, reason_count FROM rejected_rows
        WHERE table_name = 'order_items' ORDER BY line
        """
      )
        == [
          ["unknown_order", "5", "4,999,8,1,Returned,,,,,10.01"],
          ["missing_product_id", "6", "5,100,8,,Returned,,,,,10.01"],
          ["duplicate_id", "7", "1,100,7,1,Complete,,,,,77.00"],
        ].map { ["archive/\(result.run)/order_items_1.csv"] + $0 + ["1"] }
    )
    #expect(trial.names(in: "input").isEmpty)
    #expect(
      trial.names(in: "archive/\(result.run)")
        == ["order_items_1.csv", "orders_1.csv", "products.csv"]
    )
    let written = try trial.json(of: "results/\(result.run).json")
    #expect(written["status"] as? String == "SUCCEEDED")
    #expect((written["valid_files"] as? [String])?.count == 3)
    #expect((written["invalid_files"] as? [String])?.isEmpty == true)
    #expect((written["rejected_rows"] as? [String: Int])?["duplicate_id"] == 1)
    #expect((written["startDate"] as? String)?.hasSuffix("Z") == true)
    #expect((written["stopDate"] as? String)?.hasSuffix("Z") == true)
  }

  @Test func `a batch of shape B counts quantities and takes the order's status`() throws {
    try trial.put(
      "products.csv",
      "product_id,category,name,price\np1,Shoes,Boot,10\np2,,Hat,5\np3,Bad,X,0\n"
    )
    try trial.put(
      "orders.csv",
      """
      order_id,user_id,order_date,total_amount,status
      o1,u1,2026-11-20,30,Complete
      o2,u1,2026-11-20,5,Returned

      """
    )
    try trial.put(
      "order_items.csv",
      """
      order_id,product_id,quantity,unit_price
      o1,p1,3,9.99
      o2,p2,1,5.25
      o2,p1,2,1.005
      o2,p1,9,9.99
      o1,p3,0,1.00

      """
    )
    let result = try trial.run()
    #expect(
      result.rejectedRows == [
        "retail_price_not_positive": 1, "duplicate_id": 1, "quantity_not_positive": 1,
      ]
    )
    #expect(try trial.days() == ["2026-11-20 2 37.23 6 1 50.00"])
    #expect(
      try trial.categories() == [
        "2026-11-20 Shoes 31.98 15.99 40.00", "2026-11-20 Unknown 5.25 5.25 100.00",
      ]
    )
  }

  @Test func `orders and items wait for each other, and for products the first time`() throws {
    try trial.put("orders.csv", ShopFiles.orders)
    var result = try trial.run()
    #expect(result.status == .succeeded)
    #expect(result.waitingFiles == ["orders.csv"])
    #expect(result.waitingFor == ["products", "order_items"])
    #expect(result.validFiles.isEmpty)
    try trial.put("order_items.csv.gz.part", "half")
    try trial.put("order_items.csv", ShopFiles.items)
    result = try trial.run()
    #expect(result.waitingFiles == ["order_items.csv", "orders.csv"])
    #expect(result.waitingFor == ["products"])
    #expect(result.otherFiles["order_items.csv.gz.part"]?.contains("expected a name") == true)
    try trial.put("products.csv", ShopFiles.products)
    #expect(try trial.run().validFiles.count == 3)
    // Products of an earlier run are enough from then on.
    try trial.put("orders_2.csv", ShopFiles.orderHeader)
    try trial.put("order_items_2.csv", ShopFiles.itemHeader)
    #expect(try trial.run().validFiles == ["order_items_2.csv", "orders_2.csv"])
    #expect(trial.names(in: "input") == ["order_items.csv.gz.part"])
  }

  @Test func `a run that waits as the one before leaves no other result`() throws {
    try trial.put("orders.csv", ShopFiles.orders)
    for _ in 0..<3 { try trial.run() }
    #expect(trial.names(in: "results").count == 1)
  }

  @Test func `a file that does not fit is rejected with its reason, the others wait`() throws {
    try putShop()
    try trial.put("order_items_1.csv", "id,order_id,product_id,status\n1,2,3,x\n")
    let result = try trial.run()
    #expect(result.status == .partial)
    #expect(result.invalidFiles == ["order_items_1.csv"])
    #expect(result.waitingFor == ["order_items"])
    #expect(trial.names(in: "input") == ["orders_1.csv", "products.csv"])
    #expect(
      trial.names(in: "rejected") == ["order_items_1.csv", "order_items_1.csv.reason.json"]
    )
    let reason = try trial.json(of: "rejected/order_items_1.csv.reason.json")
    #expect((reason["reason"] as? String)?.contains("\"sale_price\"") == true)
    #expect(reason["run"] as? String == result.run)
    #expect(try trial.days().isEmpty)
  }

  @Test(arguments: [
    ("", "expected a header, found no line"),
    ("\u{FEFF}order_id,user_id,created_at,status\n1,2,3,4\n", "expected a column \"num_of_item\""),
    ("order_id,order_id\n", "found \"order_id\" twice"),
  ])
  func `files that are no orders are refused by what they lack`(
    text: String,
    reason: String
  ) throws {
    try putShop()
    try trial.put("orders_2.csv", text)
    let result = try trial.run()
    #expect(result.status == .partial)
    #expect(result.invalidReasons["orders_2.csv"]?.contains(reason) == true)
    #expect(result.validFiles.count == 3)
  }

  @Test func `another encoding is refused by line`() throws {
    try putShop()
    let latin =
      Data((ShopFiles.orderHeader + "1,2,Compl").utf8) + [0xE9]
      + Data("te,2026-11-20,,,,1\n".utf8)
    try trial.put("orders_latin.csv", bytes: latin)
    try trial.put(
      "orders_wide.csv",
      bytes: try #require(ShopFiles.orders.data(using: .utf16))
    )
    let result = try trial.run()
    #expect(result.invalidFiles.sorted() == ["orders_latin.csv", "orders_wide.csv"])
    #expect(result.invalidReasons["orders_latin.csv"]?.hasPrefix("line 2") == true)
    #expect(result.invalidReasons["orders_wide.csv"]?.contains("UTF-16") == true)
  }

  @Test func `ragged rows are counted, and too many of them refuse the file`() throws {
    try putShop()
    try trial.put("orders_2.csv", ShopFiles.orders + "1,2\n3,4\n")
    #expect(try trial.run().rejectedRows["malformed_row"] == 2)
    trial.settings.badRowLimit = 1
    try trial.put("orders_3.csv", ShopFiles.orders + "5,6\n7,8\n")
    try trial.put("order_items_3.csv", ShopFiles.itemHeader)
    let result = try #require(try trial.makePipeline().runOnce())
    #expect(
      result.invalidReasons["orders_3.csv"]
        == "more than 1 rows do not have the header's columns, the first on line 6"
    )
  }

  @Test func `all rejected rows are counted, the first hundred of each reason sampled`() throws {
    try trial.put("products.csv", ShopFiles.products)
    try trial.put(
      "orders.csv",
      ShopFiles.orderHeader
        + (1...150).map { ShopFiles.order($0, on: "x") + ShopFiles.order(7, on: "2026-11-20") }
        .joined()
    )
    try trial.put("order_items.csv", ShopFiles.itemHeader)
    let result = try trial.run()
    #expect(result.rejectedRows["invalid_created_at"] == 150)
    #expect(result.rejectedRows["duplicate_id"] == 149)
    #expect(
      try trial.query(
        """
        SELECT reason, count(*), min(reason_count), min(line), max(line) FROM rejected_rows
        WHERE table_name = 'orders' GROUP BY reason ORDER BY reason
        """
      ) == [
        ["duplicate_id", "100", "149", "5", "203"],
        ["invalid_created_at", "100", "150", "2", "200"],
      ]
    )
  }

  @Test func `packed files are read as others are`() throws {
    // One order, and one item of it for 2.50, made by gzip and zstd.
    let orders = """
      H4sIAAAAAAACAyWHSwrAIBDF9p5lBMdFL9CDiNRXKvhjHHv+FswmSZcECTnRmttTo65JlyAqUohKAl3Sds8nj7EzoeQX\
      sqetGvodsqIaJqaz11GgIO/8YZmtd/TD5gM614+McAAAAA==
      """
    let items = """
      KLUv/QRYtQIAwsURFaAnbSQlEPrEAZIQ8h/8zr3//a+7I0WAABi0bZ0udzCFCgoT+5HLQMRP+nfCiuvODNgcVM7hk+LJ\
      kdgySnLK/PC0jO66aVkFBAO5/1JgGrk8K0oBjG0m
      """
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv.gz", bytes: try #require(Data(base64Encoded: orders)))
    try trial.put("order_items.csv.zst", bytes: try #require(Data(base64Encoded: items)))
    #expect(try trial.run().status == .succeeded)
    #expect(try trial.days() == ["2026-11-20 1 2.50 1 1 0.00"])
    try trial.put("orders_2.csv.gz", "no gzip")
    #expect(try trial.run().invalidReasons["orders_2.csv.gz"] == nil)
    try trial.put("order_items_2.csv", ShopFiles.itemHeader)
    let reason = try #require(try trial.run().invalidReasons["orders_2.csv.gz"])
    #expect(reason.contains("expected gzip data by its name, found none"))
  }

  @Test func `when no file fits, the run failed`() throws {
    try trial.put("products.csv", "x\n")
    try trial.put("orders.csv", "x\n")
    try trial.put("order_items.csv", "x\n")
    let result = try trial.run()
    #expect(result.status == .failed)
    #expect(result.invalidFiles.count == 3)
    #expect(trial.names(in: "input").isEmpty)
  }

  /// A row has the columns of an order and of an item.
  private static let ordersWithItems = """
    id,order_id,user_id,product_id,status,created_at,sale_price,num_of_item
    1,100,7,1,Complete,2026-11-20,9.99,1

    """

  @Test func `one content may be of two tables, and is processed once as each`() throws {
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv", Self.ordersWithItems)
    try trial.put("order_items.csv", Self.ordersWithItems)
    let first = try trial.run()
    #expect(first.failure == nil)
    #expect(first.validFiles == ["order_items.csv", "orders.csv", "products.csv"])
    #expect(try trial.days() == ["2026-11-20 1 9.99 1 1 0.00"])
    try trial.put("orders_again.csv", Self.ordersWithItems, age: 90)
    try trial.put("order_items_again.csv", Self.ordersWithItems, age: 90)
    #expect(
      try trial.run().duplicateFiles == [
        "orders_again.csv": first.run, "order_items_again.csv": first.run,
      ]
    )
  }

  @Test func `content that was processed as one table is new as another`() throws {
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv", Self.ordersWithItems)
    try trial.put("order_items.csv", ShopFiles.itemHeader)
    try trial.run()
    try trial.put("orders_2.csv", ShopFiles.orderHeader)
    try trial.put("order_items_2.csv", Self.ordersWithItems)
    #expect(try trial.run().validFiles == ["order_items_2.csv", "orders_2.csv"])
    #expect(try trial.days() == ["2026-11-20 1 9.99 1 1 0.00"])
  }

  @Test func `files that are empty but for their header are a batch`() throws {
    try trial.put("products.csv", ShopFiles.productHeader)
    try trial.put("orders.csv", ShopFiles.orderHeader)
    try trial.put("order_items.csv", ShopFiles.itemHeader)
    let result = try trial.run()
    #expect(result.status == .succeeded)
    #expect(result.days.isEmpty)
    #expect(trial.names(in: "archive/\(result.run)").count == 3)
  }

  @Test func `an empty inbox is no failure`() throws {
    let result = try trial.run()
    #expect(result.status == .succeeded)
    #expect(result.isIdle)
  }
}
