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
    if let job = try background.settled() { return try wake(job) }
    Interrupts.watch(endingWith: 130)
    // What would end it at once is better said here than in its log.
    _ = try wish.database.prepare()
    let words =
      CommandLine.arguments.dropFirst(3) + (wish.schedule == nil ? ["--every", "5m"] : [])
    switch try background.start(["pipeline", "run"] + words) {
    case .started(let job):
      print("started the pipeline (process \(job.processID)), logging to \(background.logFile)")
    case .alreadyRuns(let job): try wake(job)
    case .ended: print("the pipeline has ended: \(background.lastLogLine)")
    }
  }

  /// Has the running one begin a run; its schedule stays as it is.
  private func wake(_ job: ProcessIdentity) throws(Failure) {
    guard schedule.isEmpty else {
      throw Failure(
        .failed,
        "a pipeline runs on this inbox already: process \(job.processID)",
        hint: "End it by `batch-job pipeline stop` to change its schedule."
      )
    }
    kill(job.processID, WakeSignal.number)
    print("asked process \(job.processID) to run now")
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
    let pipeline = try background.stop(within: .seconds(60))
    if pipeline.map({ !$0.wasRunning }) ?? true {
      print("no pipeline runs on this inbox in the background")
    }
    guard let pipeline else { return }
    try pipeline.end.requireSuccess(of: background)
    if pipeline.wasRunning { print("stopped the pipeline (process \(pipeline.end.processID))") }
  }
}
