import ArgumentParser
import Connect
import Logging
import PostgresConnect
import Programs
import Runtime

/// Runs the job.
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Attribute a log's checkouts, until its end or until interrupted.",
    discussion: """
      The first SIGINT or SIGTERM ends it with everything that was read committed; a second one at \
      once. The next run goes on where this one ended.
      """
  )

  @OptionGroup var common: CommonOptions
  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try RunSettings(options, common)
    Interrupts.watch()
    let source = try settings.source.makeSource()
    _ = try source.partitionCount()
    let sink = try settings.destination.openSink(untilEnd: settings.job.untilEnd)
    let job = try StreamingJob(
      source: source,
      sink: sink,
      settings: settings.job,
      logger: Logger(label: "stream-job") {
        ConsoleLog(name: $0, level: settings.logLevel)
      }
    )
    Interrupts.onFirst { job.requestStop() }
    let display = RunDisplay(of: job)
    display.start()
    try job.run()
    display.finish()
  }
}
