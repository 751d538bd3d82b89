import OrderKPIs
import PostgresConnect
import TestSupport
import Testing

/// The program's figures and those of plain SQL in a real database, over the same cells.
@Suite struct GoldenTests {
  @Test(arguments: TableShape.Name.allCases, [1, 2, 3, 4] as [UInt64])
  func `figures are those of plain SQL`(shape: TableShape.Name, seed: UInt64) throws {
    let shop = RandomShop(shape, size: 400, seed: seed)
    let connection = try PostgresConnection(TemporaryCluster.database())
    defer { connection.close() }
    let golden = try GoldenSQL(on: connection).lines(shop, shape)
    #expect(golden.count > 12)
    try withShop { directory in
      let result = try ShopKPIs.compute(directory.write(shop, seed: seed), chunkByteCount: 5000)
      #expect(try directory.lines(of: result.figures) == golden, "seed \(seed)")
    }
  }

  @Test func `figures of hundreds of categories are those of plain SQL`() throws {
    let shop = RandomShop(.a, size: 3000, seed: 7, categories: 400)
    let connection = try PostgresConnection(TemporaryCluster.database())
    defer { connection.close() }
    let golden = try GoldenSQL(on: connection).lines(shop, .a)
    try withShop { directory in
      let result = try ShopKPIs.compute(directory.write(shop, seed: 7))
      #expect(try directory.lines(of: result.figures) == golden)
    }
  }
}
