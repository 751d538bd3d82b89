import ArgumentParser
import Connect
import Foundation
import InboxPipeline
import PostgresConnect
import Programs

extension BackgroundJob {
  /// The pipeline that works on the inbox in the background.
  init(of inbox: InboxDirectory) {
    self.init(of: "batch-job", named: "pipeline", in: inbox.state)
  }
}

/// Leaves a pipeline running, or has the one that runs begin a run now.
struct PipelineStart: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start",
    abstract: "Run in the background, every 5m unless said; if it does already, run now."
  )

  @OptionGroup var common: PipelineCommonOptions
  @OptionGroup var schedule: ScheduleOptions
  @OptionGroup var options: PipelineRunOptions

  func run() throws {
    let wish = try PipelineWish(common, schedule, options)
    try wish.inbox.prepare()
    let background = BackgroundJob(of: wish.inbox)
    if let job = background.running {
      guard schedule.isEmpty else {
        throw Failure(
          .failed,
          "a pipeline runs on this inbox already: process \(job.processID)",
          hint: "End it by `batch-job pipeline stop` to change its schedule."
        )
      }
      kill(job.processID, WakeSignal.number)
      print("asked process \(job.processID) to run now")
      return
    }
    Interrupts.watch(endingWith: 130)
    // What would end it at once is better said here than in its log.
    _ = try wish.database.prepare()
    let words =
      CommandLine.arguments.dropFirst(3) + (wish.schedule == nil ? ["--every", "5m"] : [])
    guard let job = try background.start(["pipeline", "run"] + words) else {
      print("the pipeline has ended: \(background.lastLogLine)")
      return
    }
    print("started the pipeline (process \(job.processID)), logging to \(background.logFile)")
  }
}

/// Ends what `start` began.
struct PipelineStop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Stop the background pipeline; what is not committed stays in the inbox."
  )

  @OptionGroup var common: PipelineCommonOptions

  func run() throws {
    let background = BackgroundJob(of: try common.inbox(common.configuration()))
    guard let job = background.running else {
      print("no pipeline runs on this inbox in the background")
      return
    }
    try background.stop(job, within: .seconds(60))
    print("stopped the pipeline (process \(job.processID))")
  }
}
