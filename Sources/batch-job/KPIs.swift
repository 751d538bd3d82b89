import ArgumentParser
import Programs

/// Daily figures of orders, and of categories.
struct KPIs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kpis",
    abstract: "Make order_kpis and category_kpis of a shop's tables. Not built yet."
  )

  @Option(parsing: .upToNextOption, help: "CSV files of orders.")
  var orders: [String]

  @Option(parsing: .upToNextOption, help: "CSV files of order items.")
  var orderItems: [String]

  @Option(parsing: .upToNextOption, help: "CSV files of products.")
  var products: [String]

  @OptionGroup var destination: Destination

  func run() throws {
    let count = orders.count + orderItems.count + products.count
    throw Failure.notBuilt(
      "batch-job kpis",
      promise: "it will clean \(count) files and make daily figures of them"
    )
  }
}
