import Attribution
import Connect
import Synchronization
import TestSupport
import Testing

@testable import Runtime

/// A sink that is away for a moment while a job starts.
@Suite struct StartTests {
  private let rule = AttributionRule.with(.early)
  private let log = MemoryLog(partitions: 2)

  init() { RandomLog(clicks: 150, checkouts: 50).append(to: log, partitions: 2, seed: 1) }

  /// `isLeased`: workers share the log by the sink's leases.
  private func run(
    into sink: any Sink,
    isLeased: Bool,
    retryLimit: Int? = nil
  ) throws {
    let source: any Source = isLeased ? LeasedLog(log: log) : log
    var settings = smallSteps(rule: rule)
    settings.retryLimit = retryLimit
    try makeJob(source, into: sink, settings).run()
  }

  @Test(arguments: [true, false])
  func `every call of the start is repeated when it fails for a passing reason`(
    isLeased: Bool
  ) throws {
    let memory = MemorySink(rule: rule, openFailures: [.transient, .transient])
    let sink = StumblingSink(memory, stumbles: 2, kind: .transient)
    try run(into: sink, isLeased: isLeased)
    #expect(memory.violations == [])
    #expect((0..<2).allSatisfy { memory.stored($0).progress?.isFlushed == true })
    #expect(sink.calls(.identity) == 3)
    #expect(isLeased ? sink.calls(.leases) == 3 : sink.calls(.leases) == 0)
    #expect(sink.calls(.standings) >= 3)
  }

  @Test func `a group that cannot be joined for a passing reason is tried again`() throws {
    let memory = MemorySink(rule: rule)
    let source = StumblingGroup(log: log, stumbles: 2)
    try makeJob(source, into: memory, smallSteps(rule: rule)).run()
    #expect(source.joins.withLock { $0 } == 3)
    #expect((0..<2).allSatisfy { memory.stored($0).progress?.isFlushed == true })
  }

  @Test(arguments: [true, false])
  func `a permanent error of the start ends the job at once`(isLeased: Bool) throws {
    let sink = StumblingSink(MemorySink(rule: rule), stumbles: 1, kind: .permanent)
    let error = #expect(throws: ConnectorError.self) {
      try run(into: sink, isLeased: isLeased)
    }
    #expect(error?.message == "identity 1 fails by order of the test")
    #expect(sink.calls(.identity) == 1 && sink.calls(.leases) == 0)
  }

  @Test func `retries of the start end at their limit`() throws {
    let sink = StumblingSink(MemorySink(rule: rule), stumbles: 2, kind: .transient)
    let error = #expect(throws: ConnectorError.self) {
      try run(into: sink, isLeased: false, retryLimit: 1)
    }
    #expect(error?.message == "identity 2 fails by order of the test")
  }

  @Test func `a stop that is requested while the sink is away ends the start`() throws {
    let sink = StumblingSink(MemorySink(rule: rule), stumbles: .max, kind: .transient)
    var settings = smallSteps(rule: rule)
    settings.stopTimeout = .zero
    let job = try makeJob(MemoryLog(partitions: 1), into: sink, settings)
    let end = Background { try job.run() }
    waitUntil { sink.calls(.identity) > 1 }
    job.requestStop()
    let error = #expect(throws: ConnectorError.self) { try end.wait() }
    #expect(error?.message.hasPrefix("gave up the look at the sink at the stop: identity") == true)
  }
}

/// A sink of which each call before the tasks fails for the first times.
private final class StumblingSink: Sink {
  enum Call: String { case identity, standings, leases }

  private let sink: MemorySink
  private let stumbles: Int
  private let kind: ConnectorError.Kind
  private let counts = Mutex<[Call: Int]>([:])
  private let group = FakeGroup(taskCount: 2)

  init(_ sink: MemorySink, stumbles: Int, kind: ConnectorError.Kind) {
    self.sink = sink
    self.stumbles = stumbles
    self.kind = kind
  }

  func calls(_ call: Call) -> Int { counts.withLock { $0[call] ?? 0 } }

  private func pass(_ call: Call) throws(ConnectorError) {
    let count = counts.withLock { counts in
      counts[call, default: 0] += 1
      return counts[call, default: 0]
    }
    guard count > stumbles else {
      throw ConnectorError(kind, "\(call) \(count) fails by order of the test")
    }
  }

  var acceptsRevisions: Bool { true }

  func sharedIdentity() throws(ConnectorError) -> String? {
    try pass(.identity)
    return sink.sharedIdentity()
  }

  func standings(of source: String) throws(ConnectorError) -> [Int: TaskStanding] {
    try pass(.standings)
    return sink.standings(of: source)
  }

  func leaseTasks(
    of source: String,
    count: Int
  ) throws(ConnectorError) -> (any TaskAssignment)? {
    try pass(.leases)
    return try group.source(MemoryLog(partitions: count), as: "worker").joinGroup(feeding: source)
  }

  func makeTask(_ task: Int, source identity: String, rule: AttributionRule) -> any TaskSink {
    sink.makeTask(task, source: identity, rule: rule)
  }
}

/// A log whose group cannot be joined for the first times.
private final class StumblingGroup: SourceOfMemory {
  let log: MemoryLog
  private let stumbles: Int
  private let group = FakeGroup(taskCount: 2)
  let joins = Mutex(0)

  init(log: MemoryLog, stumbles: Int) {
    self.log = log
    self.stumbles = stumbles
  }

  func joinGroup(
    feeding sinkIdentity: String
  ) throws(ConnectorError) -> (any TaskAssignment)? {
    let count = joins.withLock { joins in
      joins += 1
      return joins
    }
    guard count > stumbles else { throw ConnectorError(.transient, "no coordinator yet") }
    return try group.source(log, as: "worker").joinGroup(feeding: sinkIdentity)
  }
}

/// A log whose tasks are shared by the sink's leases.
private struct LeasedLog: SourceOfMemory {
  let log: MemoryLog

  var isLeasedBySink: Bool { true }
}
