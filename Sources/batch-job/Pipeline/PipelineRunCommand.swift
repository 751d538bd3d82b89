import ArgumentParser
import Connect
import Dataflow
import InboxPipeline
import Logging
import PostgresConnect
import Programs

/// Runs the pipeline, once or by a schedule.
struct PipelineRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run once, every so often, or daily.",
    discussion: """
      The first SIGINT or SIGTERM ends it: what is committed is archived, what is not is rolled back \
      and stays in the inbox.
      """
  )

  @OptionGroup var common: PipelineCommonOptions
  @OptionGroup var schedule: ScheduleOptions
  @OptionGroup var options: PipelineRunOptions

  func run() throws {
    let wish = try PipelineWish(common, schedule, options)
    BackgroundJob(of: wish.inbox).noteEnd()
    guard let schedule = wish.schedule else {
      throw Failure(
        .usage,
        "expected one of --once, --every D and --daily HH:MM",
        hint: "See `batch-job pipeline --help`."
      )
    }
    WakeSignal.keep()
    Interrupts.watch()
    let control = RunControl()
    WakeSignal.watch { control.requestRun() }
    let level = wish.logLevel
    let logger = Logger(label: "batch-job") { ConsoleLog(name: $0, level: level) }
    let address = try wish.database.prepare(logger: logger).address
    let pipeline = Pipeline(
      wish.settings(database: address),
      control: control,
      logger: logger
    )
    Interrupts.onFirst { control.requestStop() }
    let display = PipelineDisplay(of: pipeline.progress)
    switch schedule {
    case .once:
      guard let result = try display.showing({ try pipeline.runOnce() }) else { return }
      try Self.check(result, control)
    case .every, .daily:
      try serve(pipeline, schedule, control, showing: display, in: wish.inbox)
    }
  }

  /// A failed run is exit code 1, unless it failed because it was asked to stop.
  private static func check(_ result: RunResult, _ control: RunControl) throws {
    guard result.status == .failed || result.failure != nil, !control.isStopRequested else {
      return
    }
    let reason =
      result.failure.map { "step \($0.step): \($0.message)" }
      ?? "no file can be read: \(result.refusals.first?.reason ?? "")"
    throw Failure(
      .failed,
      "run \(result.run) \(result.status == .failed ? "failed" : "is not finished"): \(reason)",
      hint: result.failure.map { $0.hint ?? "See results/\(result.run).json." }
        ?? "See results/\(result.run).json."
    )
  }

  private func serve(
    _ pipeline: Pipeline,
    _ schedule: Schedule,
    _ control: RunControl,
    showing display: PipelineDisplay,
    in inbox: InboxDirectory
  ) throws {
    try inbox.prepare()
    let note = ScheduleNote(of: inbox)
    defer { note.remove() }
    let scheduler = Scheduler(
      schedule,
      control: control,
      now: { .wallClock },
      wait: { control.wait($0) }
    )
    note.write(next: schedule.first(at: .wallClock))
    try scheduler { next in
      do throws(ConnectorError) {
        _ = try display.showing { () throws(ConnectorError) in try pipeline.runOnce() }
      } catch {
        // The next run may find the database back, or the other run gone.
        guard error.kind != .usage else { throw error }
        Console.shared.write("batch-job: \(error)")
      }
      if let next { note.write(next: next) }
    }
  }
}
