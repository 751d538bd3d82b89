import Foundation
import PostgresConnect
import TestSupport
import Testing

/// The pipeline's figures are those of `batch-job kpis` over the union of the files.
@Suite struct PipelineFiguresTests {
  private let trial: PipelineTrial

  init() throws { trial = try PipelineTrial() }

  @Test(arguments: [RandomShop.Shape.a, .b], [1, 2, 3] as [UInt64])
  func `batch after batch comes to what all files together do`(
    shape: RandomShop.Shape,
    seed: UInt64
  ) throws {
    var shop = RandomShop(shape, seed: seed)
    var files: [(name: String, text: String)] = []
    for batch in 1...4 {
      for file in 1...3 {
        // The newest file first: there the first row of a key wins.
        let number = "\(batch)\(file)"
        for table in ["products", "orders", "order_items"] {
          let name = "\(table)_\(number).csv"
          let text = shop.text(of: table)
          try trial.put(name, text)
          files.insert((name, text), at: 0)
          usleep(2000)
        }
      }
      let outcome = try trial.run()
      #expect(outcome.exitCode == 0, "\(outcome.errors)")
      try expectSameFigures(files, seed: seed, batch: batch)
    }
  }

  private func expectSameFigures(
    _ files: [(name: String, text: String)],
    seed: UInt64,
    batch: Int
  ) throws {
    for file in files { try trial.directory.write(file.text, to: "union/\(file.name)") }
    func paths(_ table: String) -> [String] {
      files.filter { $0.name.hasPrefix("\(table)_") }.map { "union/\($0.name)" }
    }
    let kpis = try ProgramRun.run(
      "batch-job",
      ["kpis", "--out", "figures", "--products"] + paths("products") + ["--orders"]
        + paths("orders") + ["--order-items"] + paths("order_items"),
      in: trial.directory
    )
    #expect(kpis.exitCode == 0, "\(kpis.errors)")
    let days = try table(
      "order_date, total_orders, total_revenue, total_items_sold, unique_customers, return_rate",
      of: "order_kpis",
      orderedBy: "order_date"
    )
    let categories = try table(
      "category, order_date, daily_revenue, avg_order_value, avg_return_rate",
      of: "category_kpis",
      orderedBy: "order_date, category COLLATE \"C\""
    )
    #expect(try figures("order_kpis.csv") == days, "seed \(seed), batch \(batch)")
    #expect(try figures("category_kpis.csv") == categories, "seed \(seed), batch \(batch)")
    #expect(days.count > 3)
  }

  private func table(
    _ columns: String,
    of name: String,
    orderedBy order: String
  ) throws -> [String] {
    try trial.connection.query("SELECT \(columns) FROM \(name) ORDER BY \(order)")
      .map { $0.map { $0 ?? "" }.joined(separator: ",") }
  }

  private func figures(_ name: String) throws -> [String] {
    let path = "\(trial.directory.path)/figures/\(name)"
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    return lines.dropFirst().map(String.init)
  }
}
