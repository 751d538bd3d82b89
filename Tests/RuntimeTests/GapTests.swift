import Attribution
import Connect
import Dataflow
import TestSupport
import Testing

@testable import Runtime

/// Logs that have lost records before they were read, or read again.
@Suite struct GapTests {
  private static let rules: [AttributionRule] = [.with(.early), .with(.early, .drop)]

  private func log(_ policy: GapPolicy = .skip) -> MemoryLog {
    let log = MemoryLog(partitions: 1, gapPolicy: policy)
    RandomLog(clicks: 600, checkouts: 200).append(to: log, partitions: 1, seed: 31)
    return log
  }

  /// Commits batch after batch until so many clicks are read.
  private func read(
    _ log: MemoryLog,
    into sink: MemorySink,
    upTo clicks: Int
  ) throws {
    let stepped = try SteppedTask(
      log,
      into: sink,
      smallSteps(untilEnd: false, rule: sink.rule),
      clock: ManualClock(wallStart: .at(1_000_000))
    )
    while stepped.statistics.clicks.counts.records < clicks { _ = try stepped.task.step() }
    try stepped.settle(atMost: 3)
  }

  @Test(arguments: rules)
  func `records that are gone before they were read are listed, and the rest is right`(
    rule: AttributionRule
  ) throws {
    let log = log()
    let sink = MemorySink(rule: rule)
    log.trim(.clicks, before: 100)
    try run(log, into: sink, smallSteps(rule: rule))
    #expect(sink.violations == [])
    let stored = sink.stored()
    #expect(
      stored.gaps == [
        .clicks: [
          LogGap(
            from: SourcePosition("0"),
            to: SourcePosition("100"),
            records: 100,
            reason: "the test removed them"
          )
        ]
      ]
    )
    let records = stored.progress?.clicks.counts.records
    #expect(records == Int64(log.lines(.clicks).count - 100))
  }

  @Test func `a log that has lost everything has a gap and no run`() throws {
    let log = log()
    let sink = MemorySink(rule: .with(.early))
    for stream in StreamKind.allCases { log.trim(stream, before: log.lines(stream).count) }
    try run(log, into: sink, smallSteps(rule: .with(.early)))
    #expect(sink.stored().gaps.mapValues(\.count) == [.clicks: 1, .checkouts: 1])
    #expect(sink.stored().progress?.isFlushed == true)
  }

  @Test func `without leave to skip the task stops and the others run to their end`() throws {
    let log = MemoryLog(partitions: 4, gapPolicy: .fail)
    RandomLog(clicks: 600, checkouts: 200).append(to: log, partitions: 4, seed: 31)
    let sink = MemorySink(rule: .with(.early))
    log.trim(.clicks, partition: 1, before: 5)
    log.trim(.checkouts, partition: 3, before: 5)
    let error = #expect(throws: ConnectorError.self) {
      try run(log, into: sink, smallSteps(rule: .with(.early)))
    }
    #expect(error?.message == "tasks 1, 3 were stopped; task 1: lines 0 to 5 are gone")
    #expect(sink.violations == [])
    let areFlushed = (0..<4).map { sink.stored($0).progress?.isFlushed ?? false }
    #expect(areFlushed == [true, false, true, false])
  }

  @Test func `a task that stops commits what it has read before`() throws {
    let log = log(.fail)
    let sink = MemorySink(rule: .with(.early))
    let stepped = try SteppedTask(log, into: sink, smallSteps(untilEnd: false, rule: sink.rule))
    while stepped.statistics.clicks.counts.records < 100 { _ = try stepped.task.step() }
    log.trim(.clicks, before: 590)
    var stopped: ConnectorError?
    while stopped == nil {
      if try stepped.task.step() == .stopped { stopped = stepped.task.loss }
    }
    #expect(stopped?.kind == .lost)
    #expect(sink.violations == [])
    let read = stepped.statistics.clicks.counts.records
    #expect(sink.stored().progress?.clicks.counts.records == read)
    #expect(stepped.environment.job.control.isStopRequested == false)
  }

  @Test(arguments: rules, [0, 40, 150])
  func `a state that cannot be rebuilt is made up for from the stored rows`(
    rule: AttributionRule,
    lost: Int
  ) throws {
    let log = log()
    let sink = MemorySink(rule: rule)
    try read(log, into: sink, upTo: 300)
    let position = try #require(sink.stored().progress?.clicks.position.flatMap { Int($0.token) })
    let checkouts = try #require(
      sink.stored().progress?.checkouts.position.flatMap { Int($0.token) }
    )
    log.trim(.clicks, before: position + lost)
    log.trim(.checkouts, before: checkouts + lost / 3)
    let next = sink.reopened()
    try run(log, into: next, smallSteps(rule: rule))
    #expect(next.violations == [])
    #expect(next.stored().progress?.isFlushed == true)
    // What was read before is no gap.
    #expect(
      next.stored().gaps[.clicks, default: []].map(\.records) == (lost > 0 ? [Int64(lost)] : [])
    )
  }

  @Test(arguments: rules)
  func `a state whose records are gone stops no task that has lost nothing unread`(
    rule: AttributionRule
  ) throws {
    let log = log(.fail)
    let sink = MemorySink(rule: rule)
    try read(log, into: sink, upTo: 300)
    for (stream, position) in [
      (StreamKind.clicks, sink.stored().progress?.clicks.position),
      (.checkouts, sink.stored().progress?.checkouts.position),
    ] {
      log.trim(stream, before: try #require(position.flatMap { Int($0.token) }))
    }
    let next = sink.reopened()
    try run(log, into: next, smallSteps(rule: rule))
    #expect(next.violations == [])
    #expect(next.stored().progress?.isFlushed == true)
    #expect(next.stored().gaps.isEmpty)
  }

  @Test func `pending final answers cannot be made up for`() throws {
    let rule = AttributionRule.with(.final)
    let log = log()
    let sink = MemorySink(rule: rule)
    try read(log, into: sink, upTo: 300)
    log.trim(.clicks, before: 300)
    let error = #expect(throws: ConnectorError.self) {
      try run(log, into: sink.reopened(), smallSteps(rule: rule))
    }
    #expect(
      error?.message
        == "task 0 was stopped: its checkouts wait for their final answer, and the log has lost what "
        + "these depend on"
    )
  }
}
