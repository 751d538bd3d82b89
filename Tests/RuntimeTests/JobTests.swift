import Attribution
import Connect
import Dataflow
import TestSupport
import Testing

@testable import Runtime

/// The job as a whole: its threads, its failures, its end.
@Suite struct JobTests {
  let rule = AttributionRule.with(.early)

  private func randomLog(partitions: Int = 2) -> MemoryLog {
    let log = MemoryLog(partitions: partitions)
    RandomLog(clicks: 150, checkouts: 50).append(to: log, partitions: partitions, seed: 1)
    return log
  }

  @Test func `a transient error is retried until it passes`() throws {
    let sink = MemorySink(
      rule: rule,
      faults: [1: .error(.transient), 2: .error(.transient), 6: .lostAcknowledgement],
      openFailures: [.transient]
    )
    try run(randomLog(), into: sink, smallSteps(rule: rule))
    #expect(sink.violations == [])
    #expect(sink.stored(0).progress?.isFlushed == true)
  }

  @Test func `a job that has ended holds its sink and what its tasks remember no more`() throws {
    weak var ended: MemorySink?
    do {
      let sink = MemorySink(rule: rule)
      try run(randomLog(), into: sink, smallSteps(rule: rule))
      ended = sink
    }
    // Its threads let go of it as they end.
    waitUntil { ended == nil }
  }

  @Test func `retries end at their limit`() throws {
    let sink = MemorySink(rule: rule, faults: [0: .error(.transient), 1: .error(.transient)])
    var settings = smallSteps(workers: 1, rule: rule)
    settings.retryLimit = 1
    let error = #expect(throws: ConnectorError.self) {
      try run(randomLog(partitions: 1), into: sink, settings)
    }
    #expect(error?.message == "commit 1 fails by order of the test")
  }

  @Test func `a permanent error stops the job once the others have committed`() throws {
    let sink = MemorySink(rule: rule, faults: [3: .error(.permanent)])
    let error = #expect(throws: ConnectorError.self) {
      try run(randomLog(), into: sink, smallSteps(rule: rule))
    }
    #expect(error?.kind == .permanent)
    #expect(error?.message == "commit 3 fails by order of the test")
    #expect(sink.violations == [])
  }

  @Test func `a task that another worker took over stops the job`() throws {
    let log = randomLog(partitions: 1)
    let sink = MemorySink(rule: rule)
    let job = try makeJob(log, into: sink, smallSteps(untilEnd: false, rule: rule))
    let ended = Background { try job.run() }
    waitUntil { sink.stored().clicks.count == log.storedClicks }
    sink.takeOver(0)
    log.append([line(.clicks, "new", user: "u", at: .at(90_000))], to: .clicks)
    let error = #expect(throws: ConnectorError.self) { try ended.wait() }
    #expect(error?.kind == .fenced)
    #expect(
      error?.message
        == "task 0 was taken over by another worker: generation 1 of task 0 has ended"
    )
    #expect(sink.stored().clicks["new"] == nil)
  }

  @Test func `a log that cannot be read stops the job, with what was read committed`() throws {
    let log = randomLog(partitions: 1)
    let sink = MemorySink(rule: rule)
    let job = try makeJob(log, into: sink, smallSteps(untilEnd: false, rule: rule))
    let ended = Background { try job.run() }
    waitUntil { sink.stored().clicks.count == log.storedClicks }
    log.set(.failing(ConnectorError(.permanent, "disk gone")), for: .clicks)
    let error = #expect(throws: ConnectorError.self) { try ended.wait() }
    #expect(error?.message == "disk gone")
    #expect(sink.violations == [])
  }

  @Test func `a growing log is followed until the job is stopped`() throws {
    let log = MemoryLog(partitions: 2)
    let sink = MemorySink(rule: rule)
    let job = try makeJob(log, into: sink, smallSteps(untilEnd: false, rule: rule))
    let ended = Background { try job.run() }
    for second in 0..<50 {
      let time = EventTime.at(Double(second))
      log.append([line(.clicks, "c\(second)", user: "u", at: time)], to: .clicks)
      log.append([line(.checkouts, "o\(second)", user: "u", at: time)], to: .checkouts)
      waitUntil { sink.stored().checkouts.count == second + 1 }
    }
    job.requestStop()
    try ended.wait()
    #expect(sink.violations == [])
    #expect(sink.stored().progress?.isFlushed == false)
    #expect(sink.stored().rows.count == 50)
    #expect(job.statistics().map(\.phase) == [.finished, .finished])
    #expect(job.statistics()[0].recordsRead == 100)
  }

  @Test func `a partition that is added to a followed log is read too`() throws {
    let log = MemoryLog(partitions: 1)
    let sink = MemorySink(rule: rule)
    let job = try makeJob(log, into: sink, smallSteps(untilEnd: false, rule: rule))
    let ended = Background { try job.run() }
    log.append([line(.clicks, "c0", user: "u", at: .at(0))], to: .clicks)
    waitUntil { sink.stored(0).clicks.count == 1 }
    log.addPartition()
    log.append([line(.clicks, "c1", user: "v", at: .at(0))], to: .clicks, partition: 1)
    waitUntil { sink.stored(1).clicks.count == 1 }
    job.requestStop()
    try ended.wait()
    #expect(sink.violations == [])
  }

  @Test func `a log that has lost a partition is refused`() throws {
    let sink = MemorySink(rule: rule)
    try run(randomLog(partitions: 3), into: sink, smallSteps(rule: rule))
    let error = #expect(throws: ConnectorError.self) {
      try run(randomLog(partitions: 2), into: sink, smallSteps(rule: rule))
    }
    #expect(error?.message == "memory has 2 partitions, the database holds rows of 3")
    let group = FakeGroup(taskCount: 2)
    let shared = #expect(throws: ConnectorError.self) {
      let log = group.source(randomLog(partitions: 2), as: "a")
      try makeJob(log, into: sink, smallSteps(rule: rule)).run()
    }
    #expect(shared?.message == error?.message)
    #expect(group.memberCount == 0)
  }

  @Test func `a stop while the sink is out of reach ends with what the sink said`() throws {
    let log = randomLog(partitions: 1)
    let faults = Dictionary(
      uniqueKeysWithValues: (2..<10_000).map { ($0, MemorySink.Fault.error(.transient)) }
    )
    let sink = MemorySink(rule: rule, faults: faults)
    var settings = smallSteps(untilEnd: false, rule: rule)
    settings.stopTimeout = .milliseconds(100)
    let job = try makeJob(log, into: sink, settings)
    let ended = Background { try job.run() }
    waitUntil { sink.commitAttempts > 3 }
    job.requestStop()
    let error = #expect(throws: ConnectorError.self) { try ended.wait() }
    #expect(error?.kind == .transient)
    #expect(error?.message.hasPrefix("gave up the commit of task 0 at the stop: commit ") == true)
    #expect(sink.violations == [])
  }

  @Test func `a stop ends a commit that hangs when its time is over`() throws {
    let log = randomLog(partitions: 1)
    let sink = MemorySink(rule: rule)
    let freezing = FreezingSink(sink, isInterruptible: true)
    var settings = smallSteps(untilEnd: false, rule: rule)
    settings.stopTimeout = .zero
    let job = try makeJob(log, into: freezing, settings)
    let ended = Background { try job.run() }
    waitUntil { sink.stored(0).clicks.count == log.storedClicks }
    freezing.freeze()
    log.append([line(.clicks, "last", user: "u", at: .at(0))], to: .clicks)
    waitUntil { freezing.waitingCount == 1 }
    job.requestStop()
    let error = #expect(throws: ConnectorError.self) { try ended.wait() }
    #expect(error?.message == "gave up the commit of task 0 at the stop: was still waiting")
    #expect(sink.stored(0).clicks["last"] == nil)
    #expect(sink.violations == [])
  }

  @Test func `a sink that cannot revise gets final rows and drops late events`() throws {
    let dropping = AttributionRule.with(.final, .drop)
    let sink = MemorySink(rule: dropping, acceptsRevisions: false)
    try run(randomLog(), into: sink, smallSteps(rule: rule))
    #expect(sink.violations == [])
    #expect((0..<2).allSatisfy { sink.stored($0).revisions.isEmpty })
  }
}

extension MemoryLog {
  /// Distinct clicks of the only partition.
  fileprivate var storedClicks: Int {
    Set(lines(.clicks).filter { $0.hasSuffix("}") }).count
  }
}
