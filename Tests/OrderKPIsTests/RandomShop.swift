import OrderKPIs
import TestSupport

/// A small shop with everything in its files that cleaning is about.
struct RandomShop {
  var products: CSVText
  var orders: [CSVText]
  var orderItems: [CSVText]

  /// - Parameters:
  ///   - shape: of all files.
  ///   - size: about as many orders.
  ///   - seed: the same seed makes the same shop.
  ///   - categories: how many there are besides the special ones.
  init(_ shape: TableShape.Name, size: Int, seed: UInt64, categories: Int = 5) {
    var maker = Maker(random: SplitMix64(seed: seed), size: size, categories: categories)
    switch shape {
    case .a:
      products = maker.table(
        ["id", "sku", "cost", "category", "name", "brand", "retail_price", "department"],
        size / 4
      ) {
        [
          $0.product, "S-1", $0.price, $0.category, "name, \"quoted\"\nand broken", "", $0.price,
          $0.one(of: ["Men", "", " Women "]),
        ]
      }
      orders = (0..<2).map { _ in
        maker.table(
          [
            "order_id", "user_id", "status", "created_at", "returned_at", "shipped_at",
            "delivered_at", "num_of_item",
          ],
          size / 2
        ) { [$0.order, $0.user, $0.status, $0.time, "", $0.time, "", $0.itemCount] }
      }
      orderItems = (0..<3).map { _ in
        maker.table(
          [
            "id", "order_id", "user_id", "product_id", "status", "created_at", "shipped_at",
            "delivered_at", "returned_at", "sale_price",
          ],
          size
        ) {
          [
            $0.item, $0.order, $0.user, $0.productOfItem, $0.status, $0.time, "", "", "", $0.price,
          ]
        }
      }
    case .b:
      products = maker.table(["product_id", "category", "name", "price"], size / 4) {
        [$0.product, $0.category, "", $0.price]
      }
      orders = (0..<2).map { _ in
        maker.table(["order_id", "user_id", "order_date", "total_amount", "status"], size / 2) {
          [$0.order, $0.user, $0.time, $0.price, $0.status]
        }
      }
      orderItems = (0..<3).map { _ in
        maker.table(["order_id", "product_id", "quantity", "unit_price"], size) {
          [$0.order, $0.productOfItem, $0.quantity, $0.price]
        }
      }
    }
  }

  /// Makes cells, most of them good.
  private struct Maker {
    var random: SplitMix64
    let size: Int
    let categories: Int

    mutating func table(
      _ columns: [String],
      _ count: Int,
      _ row: (inout Maker) -> [String]
    ) -> CSVText {
      CSVText(columns: columns, rows: (0..<count).map { _ in row(&self) })
    }

    mutating func one(of cells: [String]) -> String { cells.randomElement(using: &random) ?? "" }

    private mutating func isRare() -> Bool { Int.random(in: 0..<12, using: &random) == 0 }

    /// Ids that are numbers, look like the same number, or are none.
    private mutating func id(_ count: Int) -> String {
      let number = Int.random(in: 1...max(count, 1), using: &random)
      guard isRare() else { return "\(number)" }
      return one(of: [
        " \(number) ", "0\(number)", "é-\(number)", "\t\(number)", "", "12345678\(number)",
        "1234567890123456\(number)", "3f2a\(number)-99", "-\(number)", "\(number)\n",
      ])
    }

    var product: String { mutating get { id(size / 4) } }
    var order: String { mutating get { id(size) } }
    var item: String { mutating get { id(size * 6) } }
    var user: String { mutating get { id(size / 8) } }
    var productOfItem: String { mutating get { id(size / 3) } }

    var status: String {
      mutating get {
        one(of: ["Complete", "Shipped", "Returned", "returned ", " RETURNED", "", "Returned?"])
      }
    }

    var category: String {
      mutating get {
        isRare()
          ? one(of: [
            "", "  ", "Unknown", " Category 1 ", "Hats, \"Caps\"", "Übergröße", "category 1",
          ])
          : "Category \(Int.random(in: 0..<categories, using: &random))"
      }
    }

    var itemCount: String {
      mutating get { isRare() ? one(of: ["0", " 0 ", "0.0", "", "00", "many", "-0"]) : "3" }
    }

    var quantity: String {
      mutating get {
        isRare()
          ? one(of: ["0", "-1", "", "1.5", "2.0", "1e1", "two", " 7 "])
          : "\(Int.random(in: 1...4, using: &random))"
      }
    }

    var price: String {
      mutating get {
        let hundredths = Int.random(in: 1...99_999, using: &random)
        guard isRare() else {
          return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
        }
        return one(of: [
          "0", "0.00", "-5.00", "", "free", "1e2", " 7.5 ", "0.005", "49.990001678466797", "+3.10",
          "12", "2.5e-3", "0.00000000000000000001", "1,5", "NaN", "99999999.99", "123456789.125",
        ])
      }
    }

    var time: String {
      mutating get {
        let day = Int.random(in: 1...4, using: &random)
        let date = "2024-03-0\(day)"
        let hour = Int.random(in: 0...23, using: &random)
        let clock = "\(hour < 10 ? "0" : "")\(hour):59:5\(Int.random(in: 0...9, using: &random))"
        return isRare()
          ? one(of: [
            "", "soon", "2024-02-30", "2024-3-1", "2024-03-01 25:00:00", "2024-03-01 10:00",
            "2024-03-01T10:00:00.", "03/01/2024", "2024-03-01T10:00:00 CET", "2024-03-01T24:00:00Z",
          ])
          : one(of: [
            date, "\(date) \(clock)", "\(date)T\(clock)Z", "\(date) \(clock) UTC", " \(date) ",
            "\(date)T\(clock).999999999Z", "\(date) \(clock).5", "\(date)T\(clock)+02:00",
            "\(date) \(clock)-0530", "\(date) \(clock)+14",
          ])
      }
    }
  }
}
