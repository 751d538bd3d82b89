import Attribution
import Connect
import Dataflow
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Runtime

/// Settings with a commit for every batch, and batches of a few records.
func smallSteps(
  untilEnd: Bool = true,
  workers: Int = 2,
  rule: AttributionRule = AttributionRule()
) -> StreamingJob.Settings {
  var settings = StreamingJob.Settings(untilEnd: untilEnd)
  settings.rule = rule
  settings.workers = workers
  settings.commitInterval = .zero
  settings.commitByteCount = 1
  settings.readByteCount = 2000
  settings.pollInterval = .milliseconds(1)
  return settings
}

private var silent: Logger {
  var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  logger.logLevel = .critical
  return logger
}

func makeJob(
  _ log: any Source,
  into sink: any Sink,
  _ settings: StreamingJob.Settings,
  clock: JobClock = .system,
  logger: Logger = silent
) throws -> StreamingJob {
  try StreamingJob(source: log, sink: sink, settings: settings, logger: logger, clock: clock)
}

func run(
  _ log: MemoryLog,
  into sink: MemorySink,
  _ settings: StreamingJob.Settings
) throws {
  try makeJob(log, into: sink, settings).run()
}

extension AttributionRule {
  static func with(
    _ emission: Emission,
    _ latePolicy: LatePolicy = .restate
  ) -> AttributionRule {
    var rule = AttributionRule()
    rule.emission = emission
    rule.latePolicy = latePolicy
    return rule
  }
}

/// A clock that a test turns.
final class ManualClock: Sendable {
  private let start = ContinuousClock.now
  private let elapsed = Mutex(Duration.zero)
  let wallStart: EventTime

  init(wallStart: EventTime = .at(0)) { self.wallStart = wallStart }

  func advance(by duration: Duration) { elapsed.withLock { $0 += duration } }

  var clock: JobClock {
    JobClock(
      instant: { self.start + self.elapsed.withLock { $0 } },
      wallTime: {
        let passed = self.elapsed.withLock { $0 } / .microseconds(1)
        return EventTime(microseconds: self.wallStart.microseconds + Int64(passed))
      }
    )
  }
}

/// Commits at once, on the caller's thread.
final class InlineCommits: CommitQueue {
  /// While true, commits stay in flight.
  var isHolding = false
  private var held: [CommitTicket] = []

  func submit(_ ticket: CommitTicket) {
    if isHolding { held.append(ticket) } else { ticket.perform() }
  }

  func release() {
    isHolding = false
    for ticket in held { ticket.perform() }
    held = []
  }
}

/// One task that a test drives step by step, on its own thread and clock.
struct SteppedTask {
  let task: StreamTask
  let environment: TaskEnvironment
  let commits: InlineCommits

  init(
    _ log: any Source,
    into sink: MemorySink,
    _ settings: StreamingJob.Settings,
    clock: ManualClock = ManualClock()
  ) throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var settings = settings
    settings.retryLimit = 0
    environment = JobEnvironment(
      source: log,
      sink: sink,
      settings: settings,
      clock: clock.clock,
      control: JobControl(clock: clock.clock, stopTimeout: .seconds(5), logger: logger),
      logger: logger,
      isShared: false,
      reportCommit: { _, _ in }
    ).environment(of: 0)
    commits = InlineCommits()
    task = try StreamTask(
      task: 0,
      environment: environment,
      sink: sink.makeTask(0, source: "", rule: settings.rule),
      commits: commits
    )
  }

  /// Steps so many times, or until the task waits or has finished.
  func settle(atMost steps: Int) throws {
    for _ in 0..<steps where try task.step() != .progressed {
      return
    }
  }

  /// Steps until the task waits or has finished.
  @discardableResult
  func settle() throws -> StreamTask.Step {
    while true {
      let step = try task.step()
      if step != .progressed { return step }
    }
  }

  var statistics: TaskStatistics { environment.board.current }
}
