import ArgumentParser
import Connect
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

  /// The job gives up what it can after 5 s; the rest is for a machine under load.
  private static let stopLimit = Duration.seconds(15)

  @OptionGroup var common: CommonOptions
  @OptionGroup var options: RunOptions

  func run() throws {
    BackgroundJob.streamJob.noteEnd()
    let settings = try RunSettings(options, common)
    Interrupts.watch()
    let logger = settings.logger
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
    let display = RunDisplay(of: job, lagUnit: source.lagUnit)
    display.start()
    try job.run()
    display.finish()
  }
}
