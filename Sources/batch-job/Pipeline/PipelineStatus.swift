import ArgumentParser
import Connect
import Dataflow
import Foundation
import InboxPipeline
import PostgresConnect
import Programs

/// Says where the pipeline stands.
struct PipelineStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show the last runs, the lease, the files that wait and the next run."
  )

  @OptionGroup var common: PipelineCommonOptions

  @Flag(help: "Print one JSON object.")
  var json = false

  @Option(help: ArgumentHelp("How many runs, default 5.", valueName: "N"), transform: parseSetting)
  var runs: PositiveCount?

  func run() throws {
    let configuration = try common.configuration()
    let database = try common.database(configuration)
    let inbox = try common.inbox(configuration)
    let address = try database.startMigrated(madeBy: "batch-job pipeline --root DIR --once")
    let connection = try PostgresConnection(
      address,
      applicationName: "firstclick status",
      lockTimeout: .short
    )
    defer { connection.close() }
    let next = ScheduleNote(of: inbox).read()
    let report = try PipelineReport(
      of: inbox,
      on: connection,
      runLimit: runs?.count ?? 5,
      next: next.map { (process: $0.process, time: Figures.time($0.next)) }
    )
    print(json ? JSONText.text(report) : "\(report.text)\n", terminator: "")
  }
}
