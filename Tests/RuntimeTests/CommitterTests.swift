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
}
