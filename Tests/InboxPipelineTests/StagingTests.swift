import Foundation
import Testing

@testable import InboxPipeline

/// Which rows stay, and which days change.
@Suite struct StagingTests {
  private let trial: InboxTrial

  init() throws {
    trial = try InboxTrial()
    try trial.put(
      "products.csv",
      ShopFiles.productHeader + ShopFiles.product(1, category: "Shoes")
    )
  }

  private func order(_ time: String, status: String = "Complete") -> String {
    ShopFiles.orderHeader + ShopFiles.order(1, status, on: time)
  }

  private func item(_ price: String) -> String {
    ShopFiles.itemHeader + ShopFiles.item(1, order: 1, price)
  }

  @Test func `across files the newer wins, in whatever order they are read`() throws {
    try trial.put("orders_a.csv", order("2026-11-20"), age: 100)
    try trial.put("orders_b.csv", order("2026-11-20", status: "Returned"), age: 50)
    try trial.put("order_items_a.csv", item("2.00"), age: 50)
    try trial.put("order_items_b.csv", item("1.00"), age: 100)
    try trial.run()
    #expect(try trial.days() == ["2026-11-20 1 2.00 1 1 100.00"])
    // An older file that comes later changes nothing.
    try trial.put("orders_c.csv", order("2026-11-20", status: "Lost"), age: 200)
    try trial.put("order_items_c.csv", item("9.00"), age: 200)
    try trial.run()
    #expect(try trial.days() == ["2026-11-20 1 2.00 1 1 100.00"])
    // A newer one does.
    try trial.put("orders_d.csv", order("2026-11-20", status: "Shipped"), age: 10)
    try trial.put("order_items_d.csv", item("3.00"), age: 10)
    try trial.run()
    #expect(try trial.days() == ["2026-11-20 1 3.00 1 1 0.00"])
    #expect(try trial.query("SELECT source_file FROM staging_orders") == [["orders_d.csv"]])
  }

  @Test func `inside one file the first row stays`() throws {
    try trial.put(
      "orders.csv",
      order("2026-11-20") + ShopFiles.order(1, "Returned", on: "2026-11-21")
    )
    try trial.put("order_items.csv", item("2.00") + ShopFiles.item(1, order: 1, "7.00"))
    let result = try trial.run()
    #expect(result.rejectedRows == ["duplicate_id": 2])
    #expect(try trial.days() == ["2026-11-20 1 2.00 1 1 0.00"])
  }

  @Test func `a row that does not pass cleaning replaces none that did`() throws {
    try trial.put("orders_a.csv", order("2026-11-20"), age: 100)
    try trial.put("order_items_a.csv", item("2.00"), age: 100)
    try trial.run()
    try trial.put("orders_b.csv", order("no day"), age: 10)
    try trial.put("order_items_b.csv", item("-2.00"), age: 10)
    let result = try trial.run()
    #expect(result.rejectedRows == ["invalid_created_at": 1, "sale_price_not_positive": 1])
    #expect(try trial.days() == ["2026-11-20 1 2.00 1 1 0.00"])
  }

  @Test func `an order that moves to another day leaves the first, which goes when empty`() throws {
    try trial.put("orders_a.csv", order("2026-11-20"), age: 100)
    try trial.put("order_items_a.csv", item("2.00"), age: 100)
    try trial.run()
    try trial.put("orders_b.csv", order("2026-11-21"), age: 10)
    try trial.put("order_items_b.csv", ShopFiles.itemHeader, age: 10)
    let result = try trial.run()
    #expect(result.days == ["2026-11-20", "2026-11-21"])
    #expect(try trial.days() == ["2026-11-21 1 2.00 1 1 0.00"])
    #expect(try trial.categories() == ["2026-11-21 Shoes 2.00 2.00 0.00"])
  }

  @Test func `an item counts once its order comes, and under its product's new category`() throws {
    try trial.put("orders_a.csv", ShopFiles.orderHeader)
    try trial.put("order_items_a.csv", item("2.00"))
    #expect(try trial.run().rejectedRows == ["unknown_order": 1])
    #expect(try trial.days().isEmpty)
    try trial.put("orders_b.csv", order("2026-11-20"))
    try trial.put("order_items_b.csv", ShopFiles.itemHeader + "\n")
    try trial.run()
    #expect(try trial.categories() == ["2026-11-20 Shoes 2.00 2.00 0.00"])
    try trial.put(
      "products_2.csv",
      ShopFiles.productHeader + ShopFiles.product(1, category: "Boots"),
      age: 10
    )
    try trial.put("orders_c.csv", ShopFiles.orderHeader + "\n\n")
    try trial.put("order_items_c.csv", ShopFiles.itemHeader + "\n\n")
    #expect(try trial.run().days == ["2026-11-20"])
    #expect(try trial.categories() == ["2026-11-20 Boots 2.00 2.00 0.00"])
  }

  @Test func `staging a file again changes nothing`() throws {
    try trial.put("orders.csv", order("2026-11-20"))
    try trial.put("order_items.csv", item("2.00"))
    let first = try trial.run()
    let state = """
      SELECT (SELECT jsonb_agg(o) FROM staging_orders AS o),
        (SELECT jsonb_agg(i) FROM staging_order_items AS i),
        (SELECT jsonb_agg(k) FROM order_kpis AS k)
      """
    let before = try trial.query(state)
    // As if the record of the files were lost: the rows alone have to tell.
    try trial.execute("DELETE FROM processed_files")
    for name in trial.names(in: "archive/\(first.run)") {
      try FileManager.default.moveItem(
        atPath: "\(trial.root)/archive/\(first.run)/\(name)",
        toPath: "\(trial.root)/input/\(name)"
      )
    }
    #expect(try trial.run().validFiles.count == 3)
    #expect(try trial.query(state) == before)
  }

  @Test func `rows carry their partition columns, by UTC`() throws {
    try trial.put("orders.csv", order("2026-01-01T00:30:00+01:00"))
    try trial.put("order_items.csv", item("2.00"))
    try trial.run()
    #expect(
      try trial.query("SELECT year, month, order_date FROM staging_orders")
        == [["2025", "12", "2025-12-31"]]
    )
    #expect(try trial.query("SELECT department FROM staging_products") == [["d"]])
  }
}
