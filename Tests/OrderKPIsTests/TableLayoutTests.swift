import Events
import OrderKPIs
import Testing

/// Which shape a header has, and what it lacks.
@Suite struct TableLayoutTests {
  @Test(arguments: [
    (ShopTable.products, "id,sku,cost,category,name,brand,retail_price,department", "A"),
    (.products, "product_id,category,name,price", "B"),
    (.products, "price,extra,category,product_id", "B"),
    (
      .orders,
      "order_id,user_id,status,created_at,returned_at,shipped_at,delivered_at,num_of_item", "A"
    ),
    (.orders, "order_id,user_id,order_date,total_amount,status", "B"),
    (
      .orderItems,
      "id,order_id,user_id,product_id,status,created_at,shipped_at,delivered_at,returned_at,sale_price",
      "A"
    ),
    (.orderItems, "order_id,product_id,quantity,unit_price", "B"),
    (.orderItems, " sale_price ,status,\"product_id\",order_id,id\r", "A"),
  ])
  func `shapes are told apart by header`(table: ShopTable, header: String, shape: String) throws {
    #expect(try TableLayout(of: table, header: CSVHeader(header)).shape.rawValue == shape)
  }

  @Test(arguments: ShopTable.allCases, TableShape.Name.allCases)
  func `a header without a required column is refused by its name`(
    table: ShopTable,
    name: TableShape.Name
  ) throws {
    let shape = try #require(table.shapes.first { $0.name == name })
    for column in shape.columns {
      let header = shape.columns.map(\.name).filter { $0 != column.name }.joined(separator: ",")
      if column.isRequired {
        #expect(throws: CSVHeaderFault.lacking([column.name]), "\(table) \(name) \(column.name)") {
          try TableLayout(of: table, header: CSVHeader(header))
        }
      } else {
        #expect(try TableLayout(of: table, header: CSVHeader(header)).shape == name)
      }
    }
  }
}

extension CSVHeader {
  fileprivate init(_ text: String) throws {
    self = try Array(text.utf8).withUnsafeBytes { try CSVHeader($0, isWhole: true) }
  }
}
