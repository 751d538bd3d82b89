import Connect
import Foundation
import OrderKPIs
import PostgresConnect
import TestSupport
import Testing

/// A stop is told as such, and what goes wrong beside it as itself.
@Suite struct StopTests {
  private static let products = "product_id,category,price\n1,Shoes,1\n"

  private func files(
    products: String = Self.products,
    in directory: ShopDirectory
  ) throws -> ShopFiles {
    try directory.files(
      products: products,
      orders: "order_id,user_id,order_date,status\n1,u1,2024-03-01,done\n",
      orderItems: "order_id,product_id,quantity,unit_price\n1,1,2,10.00\n"
    )
  }

  @Test func `a computation that is stopped gives no figures`() throws {
    try withShop { directory in
      let job = ShopKPIs(of: try files(in: directory))
      job.requestStop()
      let error = #expect(throws: ConnectorError.self) { try job.compute() }
      #expect(error?.kind == .stopped)
    }
  }

  @Test func `a stop after the last row is heeded too`() throws {
    try withShop { directory in
      let files = try files(in: directory)
      let job = ShopKPIs(of: files)
      let error = #expect(throws: ConnectorError.self) {
        try job.compute { if $0 == files.byteCount { job.requestStop() } }
      }
      #expect(error?.kind == .stopped)
    }
  }

  @Test func `what is wrong with a file is told, stop or not`() throws {
    try withShop { directory in
      let job = ShopKPIs(of: try files(products: Self.products + "2,\0,1\n", in: directory))
      job.requestStop()
      let error = #expect(throws: ConnectorError.self) { try job.compute() }
      #expect(error?.kind == .permanent)
      #expect(error?.message.contains("products.csv\" (line 3, column 3)") == true)
    }
  }

  @Test func `nothing is written once a stop is requested`() throws {
    try withShop { directory in
      let connection = try PostgresConnection(TemporaryCluster.database())
      defer { connection.close() }
      let result = try ShopKPIs.compute(files(in: directory))
      let database = KPIDatabase(on: connection)
      let error = #expect(throws: ConnectorError.self) {
        try database.write(result, unless: { true })
      }
      #expect(error?.kind == .stopped)
      #expect(try connection.query("SELECT count(*) FROM order_kpis") == [["0"]])
      #expect(connection.isIdle)
      try database.write(result)
      #expect(try connection.query("SELECT count(*) FROM order_kpis") == [["1"]])
    }
  }

  @Test func `what is wrong with the database is told, stop or not`() throws {
    try withShop { directory in
      let connection = try PostgresConnection(TemporaryCluster.database())
      defer { connection.close() }
      try connection.execute("ALTER TABLE order_kpis ADD CONSTRAINT few CHECK (total_orders > 5)")
      let result = try ShopKPIs.compute(files(in: directory))
      // A stop that only this thread sees cancels no statement.
      let writer = pthread_self()
      let error = #expect(throws: ConnectorError.self) {
        try KPIDatabase(on: connection).write(result, unless: { pthread_self() == writer })
      }
      #expect(error?.message.contains("SQLSTATE 23514") == true)
    }
  }
}
