import Foundation
import OrderKPIs
import Testing

@testable import InboxPipeline

/// Content that comes more than once, in one batch or in several.
@Suite struct KnownContentTests {
  private let trial: InboxTrial
  private static let returned = ShopFiles.orders.replacing("Complete", with: "Returned")
  private static let dearer = ShopFiles.items.replacing(",9.99", with: ",19.99")
  private static let firstDay = "2026-11-20 2 24.50 3 2 50.00"
  private static let returnedDay = "2026-11-20 2 24.50 3 2 100.00"
  private static let dearerDay = "2026-11-20 2 34.50 3 2 50.00"

  init() throws { trial = try InboxTrial() }

  /// Has the shop processed, its files written a minute ago.
  @discardableResult
  private func processShop() throws -> RunResult {
    try trial.put("products.csv", ShopFiles.products)
    try trial.put("orders.csv", ShopFiles.orders)
    try trial.put("order_items.csv", ShopFiles.items)
    return try trial.run()
  }

  // MARK: - From run to run

  @Test func `content no newer than when it was processed goes to the duplicates`() throws {
    let first = try processShop()
    try trial.put("orders_again.csv", ShopFiles.orders, age: 90)
    try trial.put("order_items_again.csv", ShopFiles.items, age: 90)
    let second = try trial.run()
    #expect(second.status == .succeeded)
    #expect(
      second.duplicateFiles == [
        "orders_again.csv": first.run, "order_items_again.csv": first.run,
      ]
    )
    #expect(trial.names(in: "input").isEmpty)
    #expect(
      trial.names(in: "archive/duplicates/\(second.run)")
        == ["order_items_again.csv", "orders_again.csv"]
    )
    #expect(try trial.days() == [Self.firstDay])
  }

  @Test func `an earlier content that comes back newer wins`() throws {
    try processShop()
    try trial.put("orders.csv", Self.returned, age: 50)
    try trial.put("order_items.csv", ShopFiles.items)
    try trial.run()
    #expect(try trial.days() == [Self.returnedDay])
    // It needs no items beside it: those of the first time are staged.
    try trial.put("orders.csv", ShopFiles.orders, age: 40)
    let last = try trial.run()
    #expect(last.validFiles == ["orders.csv"])
    #expect(try trial.days() == [Self.firstDay])
    #expect(
      try trial.query(
        "SELECT count(*), max(run_id) FROM processed_files WHERE table_name = 'orders'"
      ) == [["2", last.run]]
    )
    // And what it won over cannot come back older.
    try trial.put("orders.csv", Self.returned, age: 45)
    #expect(try trial.run().validFiles == ["orders.csv"])
    #expect(try trial.days() == [Self.firstDay])
  }

  /// What the inbox has of a table in the second run.
  enum Part: CaseIterable { case new, known, absent }

  @Test(arguments: Part.allCases, Part.allCases)
  func `known files count as there`(orders: Part, items: Part) throws {
    for products in Part.allCases {
      let trial = try InboxTrial()
      try trial.put("products.csv", ShopFiles.products)
      try trial.put("orders.csv", ShopFiles.orders)
      try trial.put("order_items.csv", ShopFiles.items)
      try trial.run()
      let boots = ShopFiles.products.replacing("Shoes", with: "Boots")
      func put(_ part: Part, _ name: String, _ known: String, _ new: String) throws {
        switch part {
        case .new: try trial.put(name, new, age: 30)
        case .known: try trial.put(name, known, age: 90)
        case .absent: break
        }
      }
      try put(products, "products.csv", ShopFiles.products, boots)
      try put(orders, "orders.csv", ShopFiles.orders, Self.returned)
      try put(items, "order_items.csv", ShopFiles.items, Self.dearer)
      let files = trial.names(in: "input")
      let result = try trial.run()
      #expect(result.failure == nil)
      let isNew = [products, orders, items].contains(.new)
      let waits = isNew && (orders == .absent || items == .absent)
      #expect(result.waitingFiles == (waits ? files : []))
      #expect(trial.names(in: "input") == (waits ? files : []))
      let isStaged = isNew && !waits
      let revenue = isStaged && items == .new ? "34.50" : "24.50"
      let rate = isStaged && orders == .new ? "100.00" : "50.00"
      #expect(try trial.days() == ["2026-11-20 2 \(revenue) 3 2 \(rate)"])
      let category = isStaged && products == .new ? "Boots" : "Shoes"
      #expect(try trial.categories().contains { $0.contains(" \(category) ") })
    }
  }

  @Test func `items that came back alone have their orders taken at once`() throws {
    try processShop()
    try trial.put("order_items.csv", ShopFiles.items, age: 50)
    #expect(try trial.run().validFiles == ["order_items.csv"])
    try trial.put("orders.csv", Self.returned, age: 40)
    #expect(try trial.run().validFiles == ["orders.csv"])
    #expect(try trial.days() == [Self.returnedDay])
    // Both had their turn: they wait for each other again.
    try trial.put("orders.csv", ShopFiles.orderHeader, age: 30)
    #expect(try trial.run().waitingFor == ["order_items"])
  }

  @Test func `duplicates stay until what they belong to is committed`() throws {
    try processShop()
    try trial.put("orders.csv", ShopFiles.orders, age: 90)
    try trial.put("order_items.csv", Self.dearer, age: 40)
    try trial.execute("ALTER TABLE staging_order_items RENAME TO moved_away")
    let failed = try trial.run()
    #expect(failed.status == .failed)
    #expect(failed.waitingFiles == ["order_items.csv", "orders.csv"])
    #expect(trial.names(in: "input") == ["order_items.csv", "orders.csv"])
    try trial.execute("ALTER TABLE moved_away RENAME TO staging_order_items")
    let result = try trial.run()
    #expect(result.validFiles == ["order_items.csv"])
    #expect(Array(result.duplicateFiles.keys) == ["orders.csv"])
    #expect(try trial.days() == [Self.dearerDay])
    #expect(trial.names(in: "input").isEmpty)
  }

  // MARK: - In one batch

  @Test func `copies in one batch are processed as other files are`() throws {
    try trial.put("orders_1.csv", ShopFiles.orders)
    try trial.put("orders_copy.csv", ShopFiles.orders, age: 30)
    #expect(try trial.run().waitingFiles == ["orders_1.csv", "orders_copy.csv"])
    #expect(trial.names(in: "input").count == 2)
    let result = try processShop()
    #expect(result.validFiles.count == 5)
    #expect(trial.names(in: "input").isEmpty)
    #expect(trial.names(in: "archive/\(result.run)").count == 5)
    #expect(try trial.days() == [Self.firstDay])
    #expect(
      try trial.query("SELECT file_name FROM processed_files WHERE table_name = 'orders'")
        == [["orders_copy.csv"]]
    )
  }

  @Test func `copies that do not fit are all rejected`() throws {
    try trial.put("orders_bad1.csv", "order_id,user_id\n7,u7\n")
    try trial.put("orders_bad2.csv", "order_id,user_id\n7,u7\n")
    #expect(try processShop().invalidFiles == ["orders_bad1.csv", "orders_bad2.csv"])
    #expect(trial.names(in: "archive/duplicates").isEmpty)
    #expect(
      trial.names(in: "rejected") == [
        "orders_bad1.csv", "orders_bad1.csv.reason.json", "orders_bad2.csv",
        "orders_bad2.csv.reason.json",
      ]
    )
  }

  @Test func `of copies the newest tells which rows win`() throws {
    try trial.put("orders_1.csv", ShopFiles.orders, age: 50)
    try trial.put("orders_2.csv", Self.returned, age: 40)
    try trial.put("orders_3.csv", ShopFiles.orders, age: 30)
    try processShop()
    #expect(try trial.days() == [Self.firstDay])
  }
}
