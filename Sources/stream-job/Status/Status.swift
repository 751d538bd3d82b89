import ArgumentParser
import Connect
import Foundation
import PostgresConnect
import Programs

/// Says where every task stands.
struct Status: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show each task's positions, lag, watermark and what holds it back, and the counts.",
    discussion: """
      The figures are those of the last commits. Lag is measured at the log that the database was \
      fed from, where it can be read from here; in records it is an estimate.
      With --check the exit code is 1 unless every task is held by a worker and none is stopped.
      """
  )

  @OptionGroup var target: DatabaseOptions
  @OptionGroup var config: ConfigOptions

  @Option(
    help: ArgumentHelp(
      "The log to measure the lag at.",
      discussion: "A file log is found again without it.",
      valueName: "URI"
    )
  )
  var from: String?

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "Print it again every second until interrupted.")
  var watch = false

  @Flag(help: "Exit code 1 if a task is stopped or no worker has it.")
  var check = false

  func validate() throws {
    guard !(check && watch) else {
      throw ValidationError("--check and --watch do not go together")
    }
  }

  func run() throws {
    let configuration = try config.configuration(of: .streamJob)
    let database = try target.database(configuration, for: "status")
    let source = try configuration.value("from", option: from).map {
      try SourceChoice(StreamURI(parsing: $0), configuration)
    }
    var lag = try LagMeter(at: source)
    if watch { Interrupts.watch() }
    let address = try database.startMigrated(madeBy: "stream-job run")
    let connection = try PostgresConnection(
      address,
      applicationName: "firstclick status",
      lockTimeout: .short
    )
    defer { connection.close() }
    let query = StatusQuery(on: connection)
    var sampler = ThroughputSampler(query)
    repeat {
      let report = try StatusReport(
        sampler.sample(),
        parts: query.parts(),
        endedJob: BackgroundJob.streamJob.end,
        database: address.description,
        lag: &lag
      )
      if watch, isatty(STDOUT_FILENO) == 1 { print("\u{1B}[H\u{1B}[2J", terminator: "") }
      print(json ? try report.jsonText() : report.text)
      fflush(nil)
      if check { try report.requireRunning() }
    } while watch
  }
}
