import ArgumentParser
import Connect
import Programs

/// Leaves a job running.
struct Start: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the job in the background, logging to .firstclick/stream-job.log."
  )

  @OptionGroup var common: CommonOptions
  @OptionGroup var options: RunOptions

  func run() throws {
    let settings = try RunSettings(options, common)
    if let job = try BackgroundJob.streamJob.settled() { throw Self.refusal(by: job) }
    Interrupts.watch(endingWith: 130)
    // What would end the job at once is better said here than in its log.
    _ = try settings.source.open(logger: settings.logger)
    if case .database(let database) = settings.destination {
      _ = try database.prepare(logger: settings.logger)
    }
    let background = BackgroundJob.streamJob
    switch try background.start(["run"] + CommandLine.arguments.dropFirst(2)) {
    case .started(let job):
      print("started the job (process \(job.processID)), logging to \(background.logFile)")
    case .alreadyRuns(let job): throw Self.refusal(by: job)
    case .ended: print("the job has ended: \(background.lastLogLine)")
    }
  }

  private static func refusal(by job: ProcessIdentity) -> Failure {
    Failure(
      .failed,
      "a job runs here already: process \(job.processID)",
      hint: "See it by `stream-job status`, end it by `stream-job stop`."
    )
  }
}
