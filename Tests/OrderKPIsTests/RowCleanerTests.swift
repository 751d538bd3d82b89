import Dataflow
import Events
import OrderKPIs
import Testing

/// Every rule that a row is judged by alone.
@Suite struct RowCleanerTests {
  // MARK: - Orders

  @Test(arguments: [
    ("2024-03-05", "2024-03-05T00:00:00.000000Z"),
    ("2024-03-05T08:15:30Z", "2024-03-05T08:15:30.000000Z"),
    ("2024-03-05 08:15:30", "2024-03-05T08:15:30.000000Z"),
    ("2024-03-05 08:15:30 UTC", "2024-03-05T08:15:30.000000Z"),
    ("2024-03-05T08:15:30.1", "2024-03-05T08:15:30.100000Z"),
    ("2024-03-05 08:15:30.123456789 UTC", "2024-03-05T08:15:30.123456Z"),
    ("2024-03-05T08:15:30.999999999Z", "2024-03-05T08:15:30.999999Z"),
    ("2024-03-05T00:15:30+02:00", "2024-03-04T22:15:30.000000Z"),
    ("2024-03-05 23:15:30-0530", "2024-03-06T04:45:30.000000Z"),
    ("2024-03-05 23:15:30+00", "2024-03-05T23:15:30.000000Z"),
    ("  2024-02-29\t", "2024-02-29T00:00:00.000000Z"),
    ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
  ])
  func `every form of a time is read`(cell: String, time: String) throws {
    let text = "order_id,user_id,status,created_at,num_of_item\n1,2,x,\(cell),1"
    try cleaning(text, as: OrderRow.self) { batch in
      #expect(batch.rows.map(\.createdAt.iso8601) == [time])
    }
  }

  @Test(arguments: [
    "", " ", "soon", "2024-02-30", "2023-02-29", "2024-13-01", "2024-3-5", "20240305", "05/03/2024",
    "2024-03-05T24:00:00Z", "2024-03-05T08:60:00Z", "2024-03-05 08:15", "2024-03-05T08:15:30.",
    "2024-03-05T08:15:30.1234567890Z", "2024-03-05Z", "2024-03-05 08:15:30 CET", "0000-01-01",
    "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "1709625600",
  ])
  func `an order without a time is out`(cell: String) throws {
    let text = "order_id,user_id,status,created_at,num_of_item\n1,2,x,\(cell),1\n"
    try cleaning(text, as: OrderRow.self) { batch in
      #expect(batch.rows.isEmpty)
      #expect(batch.rejects.counts == [.createdAt: 1])
    }
  }

  @Test(arguments: [
    ("0", false), (" 0 ", false), ("0.0", false), ("00", false), ("-0", false), ("0e5", false),
    ("1", true), ("12", true), ("-1", true), ("", true), ("many", true), ("0x", true),
  ])
  func `an order of no items is out`(cell: String, isKept: Bool) throws {
    let text = "order_id,user_id,status,created_at,num_of_item\n1,2,x,2024-03-05,\(cell)\n"
    try cleaning(text, as: OrderRow.self) { batch in
      #expect(batch.rows.count == (isKept ? 1 : 0))
      #expect(batch.rejects.counts == (isKept ? [:] : [.itemCount: 1]))
    }
  }

  /// What is longer no index of the pipeline's tables takes.
  @Test(arguments: [(1000, true), (1001, false)])
  func `an order with a longer id than an index takes is out`(byteCount: Int, isKept: Bool) throws {
    let id = String(repeating: "i", count: byteCount)
    let text = "order_id,user_id,status,created_at,num_of_item\n\(id),2,x,2024-03-05,1\n"
    try cleaning(text, as: OrderRow.self) { batch in
      #expect(batch.rows.count == (isKept ? 1 : 0))
      #expect(batch.rejects.counts == (isKept ? [:] : [.keyTooLong: 1]))
    }
  }

  @Test func `cells are trimmed, and statuses in lower case`() throws {
    let text = """
      status,order_id,num_of_item,created_at,user_id
       RETURNED\t, o 1 ,1,2024-03-05,  u\u{B}
      "Re""turned"" ",2,1,2024-03-05,
      ÄRGER,3,1,2024-03-05,"\r\n"
      """
    try cleaning(text, as: OrderRow.self) { batch in
      #expect(batch.rows.map { string($0.status) } == ["returned", "re\"turned\"", "Ärger"])
      #expect(batch.rows.map { string($0.id) } == ["o 1", "2", "3"])
      #expect(batch.rows.map { string($0.userID) } == ["u", "", ""])
      #expect(batch.rows.map(\.isReturned) == [true, false, false])
      #expect(batch.offsets.count == 3)
    }
  }

  @Test func `a row without its key is out`() throws {
    let orders = "order_id,user_id,status,created_at,num_of_item\n ,2,x,2024-03-05,1\n"
    try cleaning(orders, as: OrderRow.self) { #expect($0.rejects.counts == [.missingID: 1]) }
    let products = "product_id,category,price\n\"\",a,1\n"
    try cleaning(products, as: ProductRow.self) { #expect($0.rejects.counts == [.missingID: 1]) }
    let items = "id,order_id,product_id,status,sale_price\n,1,1,x,1\n"
    try cleaning(items, as: OrderItemRow.self) { #expect($0.rejects.counts == [.missingID: 1]) }
  }

  // MARK: - Products

  @Test(arguments: [
    ("1", "2", Rejection?.none), ("0", "2", .cost), ("-1", "2", .cost), ("", "2", .cost),
    ("1", "0.00", .retailPrice), ("1", "-2", .retailPrice), ("1", "", .retailPrice),
    ("1", "free", .retailPrice), ("0.001", "1e-3", nil),
    ("1e12", "2", .numberOutOfRange), ("1", "1e-21", .numberOutOfRange),
  ])
  func `a product without prices is out`(
    cost: String,
    price: String,
    reason: Rejection?
  ) throws {
    let text = "id,cost,category,retail_price,department\n1,\(cost),Shoes,\(price),Men\n"
    try cleaning(text, as: ProductRow.self) { batch in
      #expect(batch.rows.count == (reason == nil ? 1 : 0))
      #expect(batch.rejects.counts == (reason.map { [$0: 1] } ?? [:]))
    }
  }

  // MARK: - Items

  @Test(arguments: [
    ("5", "1.00", Rejection?.none), ("", "1.00", .missingProductID),
    (" ", "1.00", .missingProductID),
    ("5", "0", .salePrice), ("5", "-1", .salePrice), ("5", "", .salePrice),
    ("5", "1,5", .salePrice),
    ("5", "$1", .salePrice), ("5", "NaN", .salePrice), ("5", "inf", .salePrice),
    ("5", "-1000000000000", .salePrice), ("5", "0.000000000000000000000", .salePrice),
    ("5", "1000000000000", .numberOutOfRange), ("5", "1e99", .numberOutOfRange),
    ("5", "0.000000000000000000001", .numberOutOfRange),
  ])
  func `an item without product or price is out`(
    product: String,
    price: String,
    reason: Rejection?
  ) throws {
    let text = "id,order_id,product_id,status,sale_price\n1,1,\(product),x,\"\(price)\"\n"
    try cleaning(text, as: OrderItemRow.self) { batch in
      #expect(batch.rows.count == (reason == nil ? 1 : 0))
      #expect(batch.rejects.counts == (reason.map { [$0: 1] } ?? [:]))
    }
  }

  @Test(arguments: [
    ("3", "2.50", 3, 750), ("1", "0.10", 1, 10), ("2.0", "1", 2, 200), ("1e1", "0.5", 10, 500),
  ])
  func `the revenue of shape B is quantity times price`(
    quantity: String,
    price: String,
    count: Int32,
    hundredths: Int64
  ) throws {
    let text = "order_id,product_id,quantity,unit_price\n1,2,\(quantity),\(price)\n"
    try cleaning(text, as: OrderItemRow.self) { batch in
      #expect(batch.rows.map(\.quantity) == [count])
      #expect(batch.rows.map(\.revenue) == [ExactAmount(hundredths: hundredths)])
    }
  }

  @Test(arguments: ["0", "-2", "", "1.5", "two", "-1000000000", "1000000000.5"])
  func `a quantity that is no count is out`(quantity: String) throws {
    let text = "order_id,product_id,quantity,unit_price\n1,2,\(quantity),1.00\n"
    try cleaning(text, as: OrderItemRow.self) { batch in
      #expect(batch.rejects.counts == [.quantity: 1])
    }
  }

  @Test(arguments: [("1000000000", "1.00"), ("2", "500000000000"), ("999999999", "1000.01")])
  func `a quantity or revenue that figures cannot hold is out`(
    quantity: String,
    price: String
  ) throws {
    let text = "order_id,product_id,quantity,unit_price\n1,2,\(quantity),\(price)\n"
    try cleaning(text, as: OrderItemRow.self) { batch in
      #expect(batch.rejects.counts == [.numberOutOfRange: 1])
    }
  }

  // MARK: - Rows

  @Test func `ragged rows and open quotes are counted, empty lines are not`() throws {
    let text = """
      product_id,category,price
      1,a,1

      2,a
      3,a,1,1
      4,"a"b,1
      5,"a
      b",1
      6,"a,1
      """
    try cleaning(text, as: ProductRow.self) { batch in
      #expect(batch.rows.map { string($0.id) } == ["1", "5"])
      #expect(batch.rowCount == 6)
      #expect(batch.rejects.counts == [.malformedRow: 4])
      #expect(batch.rejects.samples.map(\.offset) == [33, 37, 45, 64])
    }
  }

  @Test func `bytes that are no text end the reading`() throws {
    #expect(throws: EncodingFault.self) {
      try cleaning("product_id,category,price\n1,a\u{0},1\n", as: ProductRow.self) { _ in }
    }
  }

  @Test func `a log keeps the first hundred places of a reason`() throws {
    let rows = (0..<250).map { _ in "1,a,0\n" }.joined()
    try cleaning("product_id,category,price\n" + rows, as: ProductRow.self) { batch in
      #expect(batch.rejects.counts == [.retailPrice: 250])
      #expect(batch.rejects.samples.map(\.offset) == (0..<100).map { 26 + 6 * Int64($0) })
    }
  }

  private func string(_ text: CellText) -> String { String(decoding: text, as: UTF8.self) }
}
