import Attribution
import Connect
import TestSupport
import Testing

@testable import Runtime

/// Commits of several tasks by few threads, of which some do not succeed.
@Suite struct CommitterTests {
  private let log = MemoryLog(partitions: 3)
  private let sink = MemorySink(rule: .with(.early))

  private func append(_ id: String, to task: Int) {
    log.append([line(.clicks, id, user: "u\(task)", at: .at(0))], to: .clicks, partition: task)
  }

  /// A job of one worker that follows the log.
  private func job(into sink: any Sink) throws -> StreamingJob {
    try makeJob(log, into: sink, smallSteps(untilEnd: false, workers: 1, rule: .with(.early)))
  }

  @Test func `the tasks beside those that cannot commit go on committing`() throws {
    sink.refuse([0, 1])
    let job = try job(into: sink)
    let ended = Background { try job.run() }
    for task in 0..<2 { append("stuck", to: task) }
    waitUntil { sink.refusedTasks == [0, 1] }
    for number in 0..<20 {
      append("\(number)", to: 2)
      waitUntil { sink.stored(2).clicks.count == number + 1 }
    }
    sink.refuse([])
    waitUntil { (0..<2).allSatisfy { sink.stored($0).clicks.count == 1 } }
    job.requestStop()
    try ended.wait()
    #expect(sink.violations == [])
  }

  @Test func `commits that are tried again and hang hold up no others`() throws {
    sink.refuse([0, 1])
    let freezing = FreezingSink(sink)
    let job = try job(into: freezing)
    let ended = Background { try job.run() }
    for task in 0..<2 { append("stuck", to: task) }
    waitUntil { sink.refusedTasks == [0, 1] }
    freezing.freezeCommits(of: [0, 1])
    waitUntil { freezing.waitingCount == 1 }
    for number in 0..<20 {
      append("\(number)", to: 2)
      waitUntil { sink.stored(2).clicks.count == number + 1 }
    }
    #expect(freezing.waitingCount == 1)
    sink.refuse([])
    freezing.thaw()
    waitUntil { (0..<2).allSatisfy { sink.stored($0).clicks.count == 1 } }
    job.requestStop()
    try ended.wait()
    #expect(sink.violations == [])
  }

  @Test func `a stop ends the retries that wait, and the other tasks commit`() throws {
    sink.refuse([0, 1])
    var settings = smallSteps(untilEnd: false, workers: 1, rule: .with(.early))
    settings.stopTimeout = .milliseconds(100)
    let job = try makeJob(log, into: sink, settings)
    let ended = Background { try job.run() }
    for task in 0..<3 { append("first", to: task) }
    waitUntil { sink.refusedTasks == [0, 1] && sink.stored(2).clicks.count == 1 }
    job.requestStop()
    let error = #expect(throws: ConnectorError.self) { try ended.wait() }
    #expect(error?.message.hasPrefix("gave up the commit of task ") == true)
    #expect(error?.message.hasSuffix(" are refused") == true)
    #expect(sink.violations == [])
  }

  @Test func `a commit without an answer is told at growing intervals until it has one`() throws {
    let freezing = FreezingSink(sink)
    let clock = ManualClock()
    let lines = LogLines()
    let job = try makeJob(
      log,
      into: freezing,
      smallSteps(untilEnd: false, rule: .with(.early)),
      clock: clock.clock,
      logger: lines.logger
    )
    let ended = Background { try job.run() }
    append("first", to: 1)
    waitUntil { sink.stored(1).clicks.count == 1 }
    freezing.freezeCommits(of: [1])
    append("second", to: 1)
    waitUntil { freezing.waitingCount == 1 }
    for (seconds, warnings) in [(29, 0), (1, 1), (29, 1), (1, 2), (60, 3), (500, 4)] {
      clock.advance(by: .seconds(seconds))
      waitUntil { lines.all.count >= warnings }
      #expect(lines.all.count == warnings)
    }
    #expect(job.statistics().map(\.phase) == [.running, .unanswered, .running])
    freezing.thaw()
    waitUntil { sink.stored(1).clicks.count == 2 && job.statistics()[1].phase == .running }
    job.requestStop()
    try ended.wait()
    #expect(
      lines.all
        == [30, 60, 120, 620].map { "warning: commit has had no answer for \($0) s task=1" }
        + ["info: commit has had its answer task=1"]
    )
    #expect(sink.violations == [])
  }
}
