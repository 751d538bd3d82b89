import Connect
import OrderKPIs
import PostgresConnect
import TestSupport
import Testing

/// Figures and rejected rows in a database.
@Suite struct FigureTablesTests {
  private static let products = "product_id,category,price\n1,Shoes,1\n2,Hats,1\n"
  private static let orders = """
    order_id,user_id,order_date,status
    1,u1,2024-03-01,done
    2,u2,2024-03-02,returned
    2,u3,2024-03-03,again
    3,u2,never,done

    """
  private static let items = """
    order_id,product_id,quantity,unit_price
    1,1,2,10.00
    1,2,1,0.055
    2,2,1,7.00
    9,1,1,1.00
    1,1,5,99.00
    ragged

    """

  @Test func `days are replaced whole, other days stay`() throws {
    try withShop { directory in
      let connection = try PostgresConnection(TemporaryCluster.database())
      defer { connection.close() }
      try connection.execute(
        """
        INSERT INTO order_kpis VALUES ('2024-03-01', 9, 9, 9, 9, 9), ('2024-02-29', 8, 8, 8, 8, 8);
        INSERT INTO category_kpis VALUES
          ('Gone', '2024-03-01', 1, 1, 1), ('Shoes', '2024-03-01', 1, 1, 1),
          ('Stays', '2024-02-29', 1, 1, 1)
        """
      )
      let files = try directory.files(
        products: Self.products,
        orders: Self.orders,
        orderItems: Self.items
      )
      // Again and again: the same rows.
      for _ in 0..<2 {
        try KPIDatabase(on: connection).write(try ShopKPIs.compute(files))
        #expect(
          try connection.lines("SELECT * FROM order_kpis ORDER BY order_date") == [
            "2024-02-29 8 8.00 8 8 8.00", "2024-03-01 1 20.06 3 1 0.00",
            "2024-03-02 1 7.00 1 1 100.00",
          ]
        )
        #expect(
          try connection.lines("SELECT * FROM category_kpis ORDER BY order_date, category") == [
            "Stays 2024-02-29 1.00 1.00 1.00", "Hats 2024-03-01 0.06 0.06 0.00",
            "Shoes 2024-03-01 20.00 20.00 0.00", "Hats 2024-03-02 7.00 7.00 100.00",
          ]
        )
        #expect(
          try connection.lines(
            """
            SELECT regexp_replace(source_file, '.*/', ''), table_name, reason, line, row_text,
              reason_count
            FROM rejected_rows ORDER BY table_name, line
            """
          ) == [
            "order_items.csv order_items unknown_order 5 9,1,1,1.00 1",
            "order_items.csv order_items duplicate_id 6 1,1,5,99.00 1",
            "order_items.csv order_items malformed_row 7 ragged 1",
            "orders.csv orders duplicate_id 4 2,u3,2024-03-03,again 1",
            "orders.csv orders invalid_created_at 5 3,u2,never,done 1",
          ]
        )
      }
    }
  }

  @Test func `nothing is written when a part of it fails`() throws {
    try withShop { directory in
      let connection = try PostgresConnection(TemporaryCluster.database())
      defer { connection.close() }
      try connection.execute("ALTER TABLE rejected_rows ADD CHECK (reason <> 'malformed_row')")
      let files = try directory.files(
        products: Self.products,
        orders: Self.orders,
        orderItems: Self.items
      )
      let result = try ShopKPIs.compute(files)
      #expect(throws: ConnectorError.self) { try KPIDatabase(on: connection).write(result) }
      #expect(try connection.lines("SELECT * FROM order_kpis").isEmpty)
      #expect(try connection.lines("SELECT * FROM rejected_rows").isEmpty)
      #expect(connection.isIdle)
    }
  }

  @Test func `the writer role may do all of it`() throws {
    try withShop { directory in
      let connection = try PostgresConnection(TemporaryCluster.database())
      defer { connection.close() }
      try connection.execute("SET ROLE firstclick_writer")
      let files = try directory.files(
        products: Self.products,
        orders: Self.orders,
        orderItems: Self.items
      )
      try KPIDatabase(on: connection).write(try ShopKPIs.compute(files))
      #expect(try connection.lines("SELECT count(*) FROM order_kpis") == ["2"])
    }
  }

  @Test func `two writers of one day leave the rows of one of them`() async throws {
    let address = try TemporaryCluster.database()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for category in ["Shoes", "Hats", "Socks", "Belts"] {
        group.addTask {
          try withShop { directory in
            let files = try directory.files(
              products: "product_id,category,price\n1,\(category),1\n",
              orders: Self.orders,
              orderItems: Self.items
            )
            let connection = try PostgresConnection(address)
            defer { connection.close() }
            for _ in 0..<5 { try KPIDatabase(on: connection).write(try ShopKPIs.compute(files)) }
          }
        }
      }
      try await group.waitForAll()
    }
    let connection = try PostgresConnection(address)
    defer { connection.close() }
    #expect(
      try connection.lines("SELECT count(*) FROM category_kpis WHERE order_date = '2024-03-01'")
        == ["2"]
    )
  }
}

extension PostgresConnection {
  /// The rows of a query, a line each.
  fileprivate func lines(_ sql: String) throws -> [String] {
    try query(sql).map { row in row.map { $0 ?? "NULL" }.joined(separator: " ") }
  }
}
