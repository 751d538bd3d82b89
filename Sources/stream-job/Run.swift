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
      once. The next run goes on where this one ended; into csv: and jsonl: every run starts at the \
      log's beginning, and one with --until-end that is interrupted fails.
      """
  )

  /// The job gives up what it can after 5 s; the rest is for a machine under load.
  private static let stopLimit = Duration.seconds(15)

  @OptionGroup var common: CommonOptions
  @OptionGroup var options: RunOptions

  func run() throws {
    BackgroundJob.streamJob.noteEnd()
    let settings = try RunSettings(options, common)
    Interrupts.watch(endingWith: settings.isAllOrNothing ? Failure.Kind.failed.rawValue : 0)
    let logger = settings.logger
    for setting in settings.unheeded {
      logger.warning("\(setting) is for PostgreSQL: rows in other places are never revised")
    }
    let source = try settings.source.open(gapPolicy: settings.gapPolicy, logger: logger)
    let sink = try settings.destination.openSink(
      untilEnd: settings.job.untilEnd,
      lateByteCount: settings.lateByteCount,
      logger: logger
    )
    let job = try StreamingJob(
      source: source,
      sink: sink,
      settings: settings.job,
      logger: logger
    )
    Interrupts.onFirst(within: Self.stopLimit) { job.requestStop() }
    let display = RunDisplay(of: job, into: sink, lagUnit: source.lagUnit)
    display.start()
    try job.run()
    let report = AppendedReport(of: sink, at: settings.destination)
    if settings.isAllOrNothing { try report?.requireWhole() }
    report?.warnOfLateEvents(among: job.statistics(), logger: logger)
    display.finish()
  }
}
