import Attribution
import Connect
import Dataflow
import TestSupport
import Testing

@testable import Runtime

/// Several jobs that share a log and a sink, with tasks that move between them.
@Suite struct GroupTests {
  private static let partitions = 6
  private let rule = AttributionRule.with(.early)
  private let log = MemoryLog(partitions: partitions)
  private let group = FakeGroup(taskCount: partitions)

  private func feed(_ part: Int, clicks: Int = 400) {
    RandomLog(clicks: clicks, checkouts: clicks / 3, span: 3600)
      .append(to: log, partitions: Self.partitions, seed: 5, part: part)
  }

  private func start(
    _ name: String,
    into sink: any Sink,
    untilEnd: Bool = false,
    rule: AttributionRule = .with(.early)
  ) throws -> (job: StreamingJob, end: Background) {
    var settings = smallSteps(untilEnd: untilEnd, rule: rule)
    settings.stopTimeout = .seconds(2)
    let job = try makeJob(group.source(log, as: name), into: sink, settings)
    return (job, Background { try job.run() })
  }

  private func expectAllRead(_ sink: MemorySink) {
    waitUntil { Self.isAllRead(log, sink) }
    #expect(sink.violations == [])
  }

  private static func isAllRead(_ log: MemoryLog, _ sink: MemorySink) -> Bool {
    (0..<partitions).allSatisfy { task in
      let progress = sink.stored(task).progress
      return progress?.clicks.position?.token == "\(log.lines(.clicks, partition: task).count)"
        && progress?.checkouts.position?.token
          == "\(log.lines(.checkouts, partition: task).count)"
    }
  }

  @Test func `tasks spread over the workers that join, and go back when they leave`() throws {
    let sink = MemorySink(rule: rule)
    feed(0)
    let first = try start("a", into: sink)
    waitUntil { first.job.statistics().map(\.task) == Array(0..<6) }
    let second = try start("b", into: sink)
    waitUntil { first.job.statistics().count == 3 && second.job.statistics().count == 3 }
    feed(1)
    expectAllRead(sink)
    #expect((first.job.statistics() + second.job.statistics()).map(\.task).sorted() == Array(0..<6))
    second.job.requestStop()
    try second.end.wait()
    #expect(group.memberCount == 1)
    waitUntil { first.job.statistics().count == 6 }
    feed(2)
    expectAllRead(sink)
    first.job.requestStop()
    try first.end.wait()
    #expect(group.memberCount == 0)
  }

  @Test func `a worker that has all tasks waits for no others at their end`() throws {
    feed(0)
    let lines = LogLines()
    let job = try makeJob(
      group.source(log, as: "a"),
      into: MemorySink(rule: rule),
      smallSteps(rule: rule),
      logger: lines.logger
    )
    try job.run()
    #expect(!lines.all.contains { $0.contains("waiting for those of other workers") })
  }

  @Test func `a group that fails for good is not out of reach`() throws {
    let lines = LogLines()
    let job = try makeJob(
      FailingGroup(log: log),
      into: MemorySink(rule: rule),
      smallSteps(rule: rule),
      logger: lines.logger
    )
    let error = #expect(throws: ConnectorError.self) { try job.run() }
    #expect(error?.message == "the topic was deleted")
    #expect(!lines.all.contains { $0.contains("out of reach") })
  }

  @Test func `committed positions are reported for lag tools`() throws {
    let sink = MemorySink(rule: rule)
    feed(0)
    let worker = try start("a", into: sink)
    expectAllRead(sink)
    waitUntil {
      (0..<6).allSatisfy {
        group.reportedPosition(ofTask: $0) == sink.stored($0).progress?.clicks.position
      }
    }
    worker.job.requestStop()
    try worker.end.wait()
  }

  @Test(
    arguments: [.with(.early), .with(.early, .drop), .with(.final)] as [AttributionRule],
    [1, 2] as [UInt64]
  )
  func `workers come and go at random and the law holds at every commit`(
    rule: AttributionRule,
    seed: UInt64
  ) throws {
    let sink = MemorySink(rule: rule)
    var random = SplitMix64(seed: seed)
    var workers: [(job: StreamingJob, end: Background)] = []
    for part in 0..<12 {
      feed(part, clicks: 150)
      if workers.isEmpty || (workers.count < 4 && Bool.random(using: &random)) {
        workers.append(try start("worker \(part)", into: sink, rule: rule))
      } else {
        let index = Int.random(in: workers.indices, using: &random)
        let leaver = workers.remove(at: index)
        leaver.job.requestStop()
        try leaver.end.wait()
      }
    }
    if workers.isEmpty { workers.append(try start("last", into: sink, rule: rule)) }
    expectAllRead(sink)
    for worker in workers {
      worker.job.requestStop()
      try worker.end.wait()
    }
  }

  @Test func `a frozen worker is fenced at its next commit, lets go and takes part again`() throws {
    let sink = MemorySink(rule: rule)
    let freezing = FreezingSink(sink)
    feed(0)
    let sleeper = try start("sleeper", into: freezing)
    let other = try start("other", into: sink)
    waitUntil { sleeper.job.statistics().count == 3 && other.job.statistics().count == 3 }
    expectAllRead(sink)

    group.freeze("sleeper")
    freezing.freeze()
    feed(1)
    waitUntil { freezing.waitingCount > 0 }
    group.expire("sleeper")
    waitUntil { other.job.statistics().count == 6 }
    expectAllRead(sink)
    let commits = (0..<6).map { sink.stored($0).epoch }

    // Its commits are refused before it hears from the group.
    freezing.thaw()
    waitUntil { freezing.waitingCount == 0 }
    group.thaw("sleeper")
    waitUntil { sleeper.job.statistics().count == 3 && other.job.statistics().count == 3 }
    #expect(zip(0..<6, commits).allSatisfy { sink.stored($0).epoch >= $1 })
    feed(2)
    expectAllRead(sink)
    for worker in [sleeper, other] {
      worker.job.requestStop()
      try worker.end.wait()
    }
  }

  @Test func `a worker that was robbed of a task by a zombie takes it back`() throws {
    let sink = MemorySink(rule: rule)
    feed(0)
    let worker = try start("a", into: sink)
    expectAllRead(sink)
    // A zombie has opened the task without the group knowing.
    sink.takeOver(2)
    feed(1)
    expectAllRead(sink)
    waitUntil { worker.job.statistics().count == 6 }
    worker.job.requestStop()
    try worker.end.wait()
  }

  @Test func `a commit that hangs at a revocation is given up after a bounded time`() throws {
    let sink = MemorySink(rule: rule)
    let freezing = FreezingSink(sink)
    let slow = try start("slow", into: freezing)
    waitUntil { slow.job.statistics().count == 6 }
    feed(0)
    expectAllRead(sink)
    freezing.freeze()
    feed(1)
    waitUntil { freezing.waitingCount > 0 }
    let other = try start("other", into: sink)
    waitUntil { other.job.statistics().count == 3 }
    waitUntil {
      group.tasks(of: "other").allSatisfy {
        sink.stored($0).progress?.clicks.position?.token
          == "\(log.lines(.clicks, partition: $0).count)"
      }
    }
    freezing.thaw()
    expectAllRead(sink)
    for worker in [slow, other] {
      worker.job.requestStop()
      try worker.end.wait()
    }
  }

  @Test func `an error of the sink is no matter of the group`() throws {
    let sink = MemorySink(rule: rule, faults: [3: .error(.permanent)])
    feed(0)
    let worker = try start("a", into: sink)
    let error = #expect(throws: ConnectorError.self) { try worker.end.wait() }
    #expect(error?.message == "commit 3 fails by order of the test")
    #expect(group.memberCount == 0)
  }

  @Test func `a task whose log has lost records stops, and the worker goes on with the others`()
    throws
  {
    let sink = MemorySink(rule: rule, noteFailures: [.transient])
    feed(0)
    log.trim(.clicks, partition: 4, before: 3)
    let worker = try start("a", into: sink)
    waitUntil { worker.job.statistics().first { $0.task == 4 }?.phase == .stopped }
    feed(1)
    let others = (0..<6).filter { $0 != 4 }
    waitUntil {
      others.allSatisfy {
        sink.stored($0).progress?.clicks.position?.token
          == "\(log.lines(.clicks, partition: $0).count)"
      }
    }
    waitUntil { sink.stored(4).stopReason?.hasPrefix("lines 0 to 3 are gone") == true }
    #expect(others.allSatisfy { sink.stored($0).stopReason == nil })
    // What was asked for is done: all that could be read is committed.
    worker.job.requestStop()
    try worker.end.wait()
    #expect(sink.violations == [])
    #expect(group.memberCount == 0)
  }

  @Test func `that a task was stopped is kept until a worker opens it again`() throws {
    let sink = MemorySink(rule: rule)
    feed(0)
    log.trim(.clicks, partition: 4, before: 3)
    let first = try start("a", into: sink, untilEnd: true)
    #expect(throws: ConnectorError.self) { try first.end.wait() }
    #expect(sink.stored(4).stopReason?.hasPrefix("lines 0 to 3 are gone") == true)
    let second = try start("b", into: sink, rule: rule)
    waitUntil { second.job.statistics().first { $0.task == 4 }?.phase == .stopped }
    #expect(sink.stored(4).generation == 2)
    waitUntil { sink.stored(4).stopReason != nil }
    second.job.requestStop()
    try second.end.wait()
    _ = try sink.makeTask(4, source: "", rule: rule).open()
    #expect(sink.stored(4).stopReason == nil)
  }

  @Test func `a worker all of whose log is stopped ends`() throws {
    let sink = MemorySink(rule: rule)
    feed(0)
    for task in 0..<6 { log.trim(.clicks, partition: task, before: 3) }
    let worker = try start("a", into: sink)
    let error = #expect(throws: ConnectorError.self) { try worker.end.wait() }
    #expect(
      error?.message == "tasks 0, 1, 2, 3, 4, 5 were stopped; task 0: lines 0 to 3 are gone"
    )
  }

  // MARK: To the end of a bounded log

  @Test(arguments: 1...3)
  func `workers run the other tasks to their end when one is stopped`(count: Int) throws {
    let sink = MemorySink(rule: rule)
    feed(0, clicks: 1500)
    log.trim(.checkouts, partition: 2, before: 3)
    let workers = try (0..<count).map { try start("worker \($0)", into: sink, untilEnd: true) }
    for worker in workers {
      let error = #expect(throws: ConnectorError.self) { try worker.end.wait() }
      #expect(error?.message == "task 2 was stopped: lines 0 to 3 are gone")
    }
    #expect(sink.violations == [])
    #expect(sink.flushedCount == 5)
  }

  @Test(arguments: 1...5)
  func `workers that run to the end of the log end together`(count: Int) throws {
    let sink = MemorySink(rule: rule)
    feed(0, clicks: 1500)
    let workers = try (0..<count).map { try start("worker \($0)", into: sink, untilEnd: true) }
    for worker in workers { try worker.end.wait() }
    #expect(sink.violations == [])
    #expect((0..<6).allSatisfy { sink.stored($0).progress?.isFlushed == true })
    let read = workers.reduce(0) { $0 + $1.job.recordsRead }
    #expect(read >= (0..<6).reduce(0) { $0 + sink.recordCount($1) })
  }

  @Test func `workers at their end wait for the others, and replace one that dies`() throws {
    let sink = MemorySink(rule: rule)
    let freezing = FreezingSink(sink)
    let dying = try start("dying", into: freezing)
    waitUntil { group.tasks(of: "dying").count == 6 }
    freezing.freeze()
    feed(0)
    waitUntil { freezing.waitingCount > 0 }
    let other = try start("other", into: sink, untilEnd: true)
    waitUntil { sink.flushedCount == 3 }
    #expect(group.tasks(of: "dying").count == 3)
    #expect(group.memberCount == 2)
    group.freeze("dying")
    group.expire("dying")
    try other.end.wait()
    #expect(sink.flushedCount == 6)
    #expect(sink.violations == [])
    group.thaw("dying")
    freezing.thaw()
    dying.job.requestStop()
    try dying.end.wait()
    #expect(sink.violations == [])
  }

  @Test func `a later run on the grown log goes on to its end`() throws {
    let sink = MemorySink(rule: rule)
    for part in 0..<3 {
      feed(part)
      let workers = try (0...part).map { try start("worker \($0)", into: sink, untilEnd: true) }
      for worker in workers { try worker.end.wait() }
      #expect(Self.isAllRead(log, sink))
      #expect((0..<6).allSatisfy { sink.stored($0).progress?.isFlushed == true })
    }
    #expect(sink.violations == [])
  }

  @Test func `a sink that keeps no progress sees every task from one worker`() throws {
    let rule = AttributionRule.with(.final, .drop)
    let sink = MemorySink(rule: rule, acceptsRevisions: false)
    feed(0)
    let worker = try start("a", into: sink, untilEnd: true)
    try worker.end.wait()
    #expect(group.rebalanceCount == 0)
    #expect((0..<6).allSatisfy { sink.stored($0).progress?.isFlushed == true })
    #expect(sink.violations == [])
  }
}

extension MemorySink {
  fileprivate var flushedCount: Int {
    (0..<6).count { stored($0).progress?.isFlushed == true }
  }

  fileprivate func recordCount(_ task: Int) -> Int64 {
    let progress = stored(task).progress
    return (progress?.clicks.counts.records ?? 0) + (progress?.checkouts.counts.records ?? 0)
  }
}

/// A log whose group has nothing for any worker but an error.
private struct FailingGroup: SourceOfMemory {
  final class Member: TaskAssignment {
    func nextChange(atMost timeout: Duration) throws(ConnectorError) -> AssignmentChange? {
      throw ConnectorError(.permanent, "the topic was deleted")
    }
    func complete(_ change: AssignmentChange) {}
    func report(task: Int, clicks: SourcePosition?, checkouts: SourcePosition?) {}
    func close() {}
  }

  let log: MemoryLog
  func joinGroup(feeding sinkIdentity: String) -> (any TaskAssignment)? { Member() }
}
