import ArgumentParser
import Connect
import OrderKPIs
import PostgresConnect
import Programs

/// What `kpis` takes besides its files.
struct KPIOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Malformed rows that a file may have, default any number.",
      discussion: "They are counted and left out, as other rejected rows are.",
      valueName: "N"
    ),
    transform: parseSetting
  )
  var maxBadRows: Count?

  @Option(
    help: ArgumentHelp("Threads, default one per core.", valueName: "N"),
    transform: parseSetting
  )
  var workers: PositiveCount?

  @OptionGroup var config: ConfigOptions
}

/// What `kpis` is to do, after options, environment and config file were laid over the defaults.
struct KPISettings {
  var computation = ShopKPIs.Settings()
  /// Where the figures go.
  let target: TargetOptions.Choice

  /// - Throws: `.usage`, before anything is touched.
  init(_ options: KPIOptions, _ target: TargetOptions) throws {
    let configuration = try options.config.configuration(of: .batchJob)
    if let limit = try configuration.value("max-bad-rows", option: options.maxBadRows) {
      computation.maximumBadRows = limit.count
    }
    if let workers = try configuration.value("workers", option: options.workers) {
      computation.threads = ThreadTeam(count: workers.count)
    }
    self.target = try target.choice(configuration, for: "batch-job kpis")
  }
}

extension KPISettings {
  /// Makes the database ready, if it is one, before the files are read.
  func openTarget(unless isStopRequested: @escaping @Sendable () -> Bool) throws -> any KPISink {
    switch target {
    case .files(let directory): return FigureFiles(directory: directory)
    case .database(let choice):
      return KPIConnection(try choice.prepare().address, unless: isStopRequested)
    }
  }
}

/// What takes the result of a run, whole or not at all.
protocol KPISink {
  func write(_ result: ShopKPIs.Result) throws(ConnectorError)
}

/// Writes on a connection of its own, made again where it is lost, unless the run is to stop: the days
/// are replaced whole.
struct KPIConnection: KPISink {
  private static let retryLimit = 5

  private let address: PostgresAddress
  private let isStopRequested: @Sendable () -> Bool

  init(_ address: PostgresAddress, unless isStopRequested: @escaping @Sendable () -> Bool) {
    self.address = address
    self.isStopRequested = isStopRequested
  }

  func write(_ result: ShopKPIs.Result) throws(ConnectorError) {
    let retry = Retry.patient(limit: Self.retryLimit, unless: isStopRequested)
    try retry("writing of the figures") { () throws(ConnectorError) in
      let connection = try PostgresConnection(address, applicationName: "firstclick kpis")
      defer { connection.close() }
      try KPIDatabase(on: connection).write(result, unless: isStopRequested)
    }
  }
}

extension FigureFiles: KPISink {
  func write(_ result: ShopKPIs.Result) throws(ConnectorError) { try write(result.figures) }
}
