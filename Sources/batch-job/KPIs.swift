import ArgumentParser
import Connect
import OrderKPIs
import Programs

/// Daily figures of orders, and of categories.
struct KPIs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kpis",
    abstract: "Make order_kpis and category_kpis of a shop's tables.",
    discussion: """
      Files are CSV with a header, packed with gzip or zstd or not; patterns in quotes are expanded. \
      Of two rows with one primary key the first counts, in the order of the files.
      """
  )

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("CSV files of orders.", valueName: "FILE")
  )
  var orders: [String]

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("CSV files of order items.", valueName: "FILE")
  )
  var orderItems: [String]

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("CSV files of products.", valueName: "FILE")
  )
  var products: [String]

  @OptionGroup var target: TargetOptions
  @OptionGroup var options: KPIOptions

  func run() throws {
    let settings = try KPISettings(options, target)
    Interrupts.watch(endingWith: 130)
    let files = try ShopFiles(products: products, orders: orders, orderItems: orderItems)
    let job = ShopKPIs(of: files, settings.computation)
    let sink = try settings.openTarget(unless: { job.isStopRequested })
    Interrupts.onFirst { job.requestStop() }
    let display = KPIDisplay(of: files)
    let result: ShopKPIs.Result
    do throws(ConnectorError) {
      result = try job.compute(progress: display.show)
      try sink.write(result)
    } catch {
      guard error.kind == .stopped else { throw error }
      Console.shared.write("batch-job: stopped: nothing was written")
      throw ExitCode(130)
    }
    display.finish(result)
  }
}
