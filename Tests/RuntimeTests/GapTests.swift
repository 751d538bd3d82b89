import Attribution
import Connect
import Dataflow
import Events
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

  /// In a commit for every batch, or in one that is open when the loss is found.
  @Test(arguments: [Duration.zero, .seconds(3600)])
  func `a task that stops commits what it has read before, and where it stood then`(
    commitInterval: Duration
  ) throws {
    let log = log(.fail)
    let sink = MemorySink(rule: .with(.early))
    var settings = smallSteps(untilEnd: false, rule: sink.rule)
    settings.commitInterval = commitInterval
    if commitInterval > .zero { settings.commitByteCount = 1 << 30 }
    let stepped = try SteppedTask(log, into: sink, settings)
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
    #expect(sink.stored().progress?.clicks.position?.token == "\(read)")
    #expect(stepped.environment.job.control.isStopRequested == false)
  }

  @Test(arguments: [0, 40, 150])
  func `a state that cannot be rebuilt is made up for from the stored rows`(lost: Int) throws {
    let rule = AttributionRule.with(.early)
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

  /// Reads a part of a log that then loses all of it, and nothing else.
  private func readAndLose(
    _ log: MemoryLog,
    by rule: AttributionRule
  ) throws -> (sink: MemorySink, progress: TaskProgress) {
    let sink = MemorySink(rule: rule)
    try read(log, into: sink, upTo: 300)
    let progress = try #require(sink.stored().progress)
    for (stream, input) in [(StreamKind.clicks, progress.clicks), (.checkouts, progress.checkouts)]
    {
      log.trim(stream, before: try #require(input.position.flatMap { Int($0.token) }))
    }
    return (sink, progress)
  }

  @Test func `a state whose records are gone stops no task that has lost nothing unread`() throws {
    let rule = AttributionRule.with(.early)
    let log = log(.fail)
    let next = try readAndLose(log, by: rule).sink.reopened()
    try run(log, into: next, smallSteps(rule: rule))
    #expect(next.violations == [])
    #expect(next.stored().progress?.isFlushed == true)
    #expect(next.stored().gaps.isEmpty)
  }

  @Test func `a lost state would have what is on time dropped by policy: the task stops`() throws {
    let rule = AttributionRule.with(.early, .drop)
    let log = log()
    let (sink, progress) = try readAndLose(log, by: rule)
    let next = sink.reopened()
    let error = #expect(throws: ConnectorError.self) {
      try run(log, into: next, smallSteps(rule: rule))
    }
    let time = try LostState(after: progress, rule: .with(.early)).watermark.iso8601
    #expect(
      error?.message
        == "task 0 was stopped: the log has lost what its state is made of: events before \(time) "
        + "count as late from here on, and --late drop would drop those that are on time"
    )
    #expect(
      error?.hint
        == "run with --late restate until its watermark has passed \(time), then go on as before"
    )
    #expect(next.stored().progress == progress)

    var hasty = rule
    hasty.lateHorizon = .minutes(30)
    let other = #expect(throws: ConnectorError.self) { try LostState(after: progress, rule: hasty) }
    #expect(other?.message.contains("--late drop --late-horizon 30m would drop") == true)
    #expect(other?.hint?.contains("run with --late restate --late-horizon ") == true)

    let restating = sink.reopened(rule: .with(.early))
    try run(log, into: restating, smallSteps(rule: restating.rule))
    #expect(restating.violations == [])
  }

  @Test
  func `a late horizon that a lost state reaches over stops the task, a longer one drops none`()
    throws
  {
    var rule = AttributionRule.with(.early)
    let log = log()
    let (sink, progress) = try readAndLose(log, by: rule)
    let lost = try LostState(after: progress, rule: rule)
    let span = lost.watermark.microseconds - progress.watermark.microseconds
    rule.lateHorizon = EventSpan(microseconds: span - 1)
    let error = #expect(throws: ConnectorError.self) {
      try run(log, into: sink.reopened(rule: rule), smallSteps(rule: rule))
    }
    let minutes = (span + 59_999_999) / 60_000_000
    let hint = try #require(error?.hint)
    #expect(
      hint
        == "run with --late-horizon \(EventSpan.minutes(minutes).durationText) until its watermark "
        + "has passed \(lost.watermark.iso8601), then go on as before"
    )

    rule.lateHorizon = EventSpan(microseconds: span)
    let former = sink.stored().dropped
    let next = sink.reopened(rule: rule)
    try run(log, into: next, smallSteps(rule: rule))
    #expect(next.violations == [])
    // What was late before the loss may be dropped, and what comes too late anyway.
    let whole = MemorySink(rule: rule)
    try run(self.log(), into: whole, smallSteps(rule: rule))
    let stored = next.stored()
    for (stream, events) in [(StreamKind.clicks, stored.clicks), (.checkouts, stored.checkouts)] {
      let dropped = stored.dropped[stream, default: []]
        .subtracting(former[stream, default: []])
        .subtracting(whole.stored().dropped[stream, default: []])
      #expect(dropped.allSatisfy { (events[$0]?.time ?? .endOfInput) < progress.watermark })
    }
  }

  @Test func `an input that nothing was read of is taken to be where the other one is`() throws {
    var progress = TaskProgress()
    progress.clicks.watermark = .at(3600)
    var rule = AttributionRule.with(.early)
    rule.lateHorizon = .minutes(66)
    let lost = try LostState(after: progress, rule: rule)
    #expect(lost.watermark == .at(3600 + 65 * 60) + EventSpan(microseconds: 1))
    #expect(lost.forgotten.lowerBound == .beginning)
    rule.lateHorizon = .minutes(65)
    #expect(throws: ConnectorError.self) { try LostState(after: progress, rule: rule) }
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
