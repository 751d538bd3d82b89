import ArgumentParser
import Connect
import OrderKPIs
import Programs

/// What `kpis` takes besides its files.
struct KPIOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Malformed rows that a file may have, default any number.",
      discussion: "They are counted and left out, as other rejected rows are.",
      valueName: "N"
    )
  )
  var maxBadRows: Int?

  @Option(
    help: ArgumentHelp("Threads, default one per core.", valueName: "N"),
    transform: parseSetting
  )
  var workers: PositiveCount?
}

/// What `kpis` is to do, after options, environment and config file were laid over the defaults.
struct KPISettings {
  var computation = ShopKPIs.Settings()
  private var directory: String?

  /// - Throws: `.usage`, before anything is touched.
  init(_ options: KPIOptions, _ destination: Destination) throws {
    let configuration = try Configuration(of: .batchJob, file: nil)
    if let count = try configuration.value("max-bad-rows", option: options.maxBadRows) {
      computation.maximumBadRows = count
    }
    if let workers = try configuration.value("workers", option: options.workers) {
      computation.threads = ThreadTeam(count: workers.count)
    }
    directory = destination.out
  }

  func write(_ result: ShopKPIs.Result) throws {
    if let directory { try FigureFiles(directory: directory).write(result.figures) }
  }
}

extension Int: SettingValue {
  package static var expectation: String { "a whole number from 0 on" }
  package init?(settingText: String) {
    guard let count = Int(settingText), count >= 0 else { return nil }
    self = count
  }
}
