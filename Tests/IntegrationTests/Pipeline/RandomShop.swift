import TestSupport

/// Files of a shop with everything that cleaning minds, and keys that come again.
struct RandomShop {
  enum Shape: Sendable { case a, b }

  private let shape: Shape
  private var random: SplitMix64

  init(_ shape: Shape, seed: UInt64) {
    self.shape = shape
    random = SplitMix64(seed: seed)
  }

  private static let headers: [String: (a: String, b: String)] = [
    "products": (
      "id,sku,cost,category,name,brand,retail_price,department", "product_id,category,name,price"
    ),
    "orders": (
      "order_id,user_id,status,created_at,returned_at,shipped_at,delivered_at,num_of_item",
      "order_id,user_id,order_date,total_amount,status"
    ),
    "order_items": (
      "id,order_id,user_id,product_id,status,created_at,shipped_at,delivered_at,returned_at,"
        + "sale_price",
      "order_id,product_id,quantity,unit_price"
    ),
  ]

  /// A file of up to 60 rows.
  mutating func text(of table: String) -> String {
    let header = Self.headers[table].map { shape == .a ? $0.a : $0.b } ?? ""
    let rows = (0..<number(60)).map { _ in row(of: table) }
    return ([header] + rows).joined(separator: "\n") + "\n"
  }

  private mutating func row(of table: String) -> String {
    let fields: [String] =
      switch (table, shape) {
      case ("products", .a):
        ["\(number(20))", "s", price(), category(), "\"a, \"\"b\"\"\"", "b", price(), "d"]
      case ("products", .b): ["p\(number(20))", category(), "n", price()]
      case ("orders", .a):
        ["\(number(80))", "\(number(15))", status(), time(), "", "", "", "\(number(8))"]
      case ("orders", .b): ["\(number(80))", "u\(number(15))", time(), price(), status()]
      case (_, .a):
        [
          "\(number(200))", "\(number(90))", "1", oneOf(["\(number(25))", "", " 3 "]), status(),
          time(), "", "", "", price(),
        ]
      case (_, .b): ["\(number(90))", "p\(number(25))", "\(number(6))", price()]
      }
    return number(40) == 0 ? "ragged" : fields.joined(separator: ",")
  }

  // MARK: - Values

  private mutating func number(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  private mutating func oneOf(_ values: [String]) -> String { values[number(values.count)] }

  private mutating func price() -> String {
    oneOf([
      "\(number(90)).\(number(90) + 10)", "\(number(9)).005", "0.3333333333333333", "12.5", "7",
      "1e1", "0", "-1", "", "x",
    ])
  }

  private mutating func category() -> String { oneOf(["Shoes", " Hats ", "", "Käse", "shoes"]) }

  private mutating func status() -> String {
    oneOf(["Complete", "RETURNED", "Returned ", "Shipped", "", "Cancelled"])
  }

  private mutating func time() -> String {
    let day = "2026-11-\(10 + number(8))"
    return oneOf([
      day, "\(day) 23:59:59.999999 UTC", "\(day)T00:30:00+02:00", "\(day) 12:00:00", "",
      "2026-02-30", "nonsense",
    ])
  }
}
