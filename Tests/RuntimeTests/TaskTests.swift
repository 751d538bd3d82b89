import Attribution
import Connect
import Dataflow
import TestSupport
import Testing

@testable import Runtime

/// One task, step by step, on a clock that the test turns.
@Suite struct TaskTests {
  /// Small batches, and nothing committed before the end.
  private func oneCommit() -> StreamingJob.Settings {
    var settings = smallSteps()
    settings.commitInterval = .seconds(3600)
    settings.commitByteCount = 1 << 30
    return settings
  }

  @Test func `the input that is behind in event time is read first`() throws {
    let log = MemoryLog(partitions: 1)
    for minute in 0..<(12 * 60) {
      let time = EventTime.at(Double(minute) * 60)
      log.append([line(.clicks, "c\(minute)", user: "u\(minute % 60)", at: time)], to: .clicks)
      log.append(
        [line(.checkouts, "o\(minute)", user: "u\(minute % 60)", at: time)],
        to: .checkouts
      )
    }
    let clock = ManualClock()
    let sink = MemorySink(rule: .with(.final))
    let stepped = try SteppedTask(log, into: sink, oneCommit(), clock: clock)
    var most = 0
    while case .progressed = try stepped.task.step() {
      // The state's size is looked at now and then.
      clock.advance(by: .milliseconds(100))
      let statistics = stepped.statistics
      most = max(most, statistics.bufferedClicks + statistics.pendingCheckouts)
      guard min(statistics.clicks.watermark, statistics.checkouts.watermark) > .beginning else {
        continue
      }
      let distance =
        statistics.clicks.watermark.microseconds - statistics.checkouts.watermark.microseconds
      #expect(abs(distance) < 40 * 60_000_000)
    }
    #expect(most < 60 * 6)
  }

  @Test func `a position that moves without records is committed, and nothing is final by it`()
    throws
  {
    let log = MemoryLog(partitions: 1)
    let sink = MemorySink(rule: .with(.early))
    let stepped = try SteppedTask(log, into: sink, smallSteps(untilEnd: false))
    log.append([line(.checkouts, "o", user: "v", at: .at(9000))], to: .checkouts)
    try stepped.settle()
    let before = sink.stored().epoch
    try stepped.settle()
    #expect(sink.stored().epoch == before)
    for stream in StreamKind.allCases { log.set(.milestone, for: stream) }
    for _ in 0..<4 { _ = try stepped.task.step() }
    #expect(sink.stored().epoch > before)
    #expect(sink.stored().progress?.isFlushed == false)
    #expect(sink.stored().progress?.checkouts.counts.records == 1)
  }

  @Test func `records are judged one by one, not batch by batch`() throws {
    // The last click is late because of the second one of the same batch.
    for byteCount in [1, 1 << 20] {
      let log = MemoryLog(partitions: 1)
      let sink = MemorySink(rule: .with(.early))
      var settings = smallSteps(untilEnd: false)
      settings.readByteCount = byteCount
      let stepped = try SteppedTask(
        log,
        into: sink,
        settings,
        clock: ManualClock(wallStart: .at(9000))
      )
      log.append([line(.checkouts, "o", user: "v", at: .at(9000))], to: .checkouts)
      try stepped.settle()
      log.append(
        [
          line(.clicks, "a", user: "u", at: .at(400)),
          line(.clicks, "b", user: "u", at: .at(1000)),
          line(.clicks, "c", user: "u", at: .at(700)),
          line(.clicks, "d", user: "u", at: .at(699.999)),
        ],
        to: .clicks
      )
      try stepped.settle()
      #expect(sink.stored().lateEvents[.clicks] == ["d"])
      #expect(sink.violations == [])
    }
  }

  @Test func `an input caught up and silent for 30 s stops holding the other back`() throws {
    let log = MemoryLog(partitions: 1)
    let clock = ManualClock(wallStart: .at(20_000))
    log.append([line(.clicks, "a", user: "u", at: .at(10_000))], to: .clicks)
    let stepped = try SteppedTask(
      log,
      into: MemorySink(rule: .with(.early)),
      smallSteps(untilEnd: false),
      clock: clock
    )
    try stepped.settle()
    #expect(stepped.statistics.watermark == .beginning)
    #expect(stepped.statistics.heldBackBy == .checkouts)

    log.append([line(.clicks, "b", user: "u", at: .at(10_060))], to: .clicks)
    clock.advance(by: .seconds(29.9))
    try stepped.settle()
    #expect(stepped.statistics.watermark == .beginning)
    clock.advance(by: .seconds(0.2))
    try stepped.settle()
    #expect(stepped.statistics.watermark == .at(10_060 - 300))
    #expect(stepped.statistics.checkouts.isIdle)
    #expect(stepped.statistics.heldBackBy == .clicks)
  }

  @Test func `an input with records left to read is never idle`() throws {
    let log = MemoryLog(partitions: 1)
    let clock = ManualClock(wallStart: .at(20_000))
    log.append([line(.clicks, "a", user: "u", at: .at(10_000))], to: .clicks)
    log.append([line(.checkouts, "o", user: "u", at: .at(10_000))], to: .checkouts)
    log.set(.paused, for: .checkouts)
    let stepped = try SteppedTask(
      log,
      into: MemorySink(rule: .with(.early)),
      smallSteps(untilEnd: false),
      clock: clock
    )
    for _ in 0..<10 {
      try stepped.settle()
      clock.advance(by: .seconds(20))
    }
    #expect(stepped.statistics.watermark == .beginning)
    #expect(!stepped.statistics.checkouts.isIdle)
    log.set(.fair, for: .checkouts)
    try stepped.settle()
    #expect(stepped.statistics.watermark == .at(9_700))
  }

  @Test(arguments: [false, true])
  func `a timestamp far ahead of the wall clock moves no watermark unless bounded`(
    untilEnd: Bool
  ) throws {
    let log = MemoryLog(partitions: 1)
    for stream in StreamKind.allCases {
      log.append(
        [
          line(stream, "a", user: "u", at: .at(100)),
          line(stream, "b", user: "u", at: .at(500_000)),
        ],
        to: stream
      )
    }
    let sink = MemorySink(rule: .with(.early))
    let stepped = try SteppedTask(
      log,
      into: sink,
      smallSteps(untilEnd: untilEnd),
      clock: ManualClock(wallStart: .at(200))
    )
    try stepped.settle()
    #expect(sink.stored().progress?.watermark == .at(untilEnd ? 499_700 : -200))
    #expect(sink.violations == [])
  }

  @Test func `a commit is due when the interval is over or the size is reached`() throws {
    let log = MemoryLog(partitions: 1)
    let clock = ManualClock(wallStart: .at(200))
    let sink = MemorySink(rule: .with(.early))
    var settings = smallSteps(untilEnd: false)
    settings.commitInterval = .milliseconds(250)
    settings.commitByteCount = 1000
    let stepped = try SteppedTask(log, into: sink, settings, clock: clock)
    log.append([line(.clicks, "a", user: "u", at: .at(0))], to: .clicks)
    try stepped.settle()
    clock.advance(by: .milliseconds(249))
    try stepped.settle()
    #expect(sink.commitAttempts == 0)
    clock.advance(by: .milliseconds(1))
    try stepped.settle()
    #expect(sink.commitAttempts == 1)
    log.append((0..<10).map { line(.clicks, "b\($0)", user: "u", at: .at(1)) }, to: .clicks)
    try stepped.settle()
    #expect(sink.commitAttempts == 2)
  }

  @Test func `a task fills one epoch while another is in flight, and no more`() throws {
    let log = MemoryLog(partitions: 1)
    let sink = MemorySink(rule: .with(.early))
    var settings = smallSteps(untilEnd: false)
    settings.commitByteCount = 1000
    settings.readByteCount = 1
    let stepped = try SteppedTask(log, into: sink, settings)
    log.append((0..<100).map { line(.clicks, "a\($0)", user: "u", at: .at(1)) }, to: .clicks)
    stepped.commits.isHolding = true
    #expect(try stepped.settle() == .waiting)
    #expect(stepped.statistics.recordsRead == 11)
    stepped.commits.release()
    try stepped.settle()
    #expect(stepped.statistics.recordsRead == 100)
    #expect(sink.stored().clicks.count == 100)
    #expect(sink.violations == [])
  }

  @Test func `a rebuild reads what the state needs and no more`() throws {
    let log = MemoryLog(partitions: 1)
    for minute in 0..<(24 * 60) {
      let time = EventTime.at(Double(minute) * 60)
      log.append([line(.clicks, "c\(minute)", user: "u\(minute % 60)", at: time)], to: .clicks)
      log.append(
        [line(.checkouts, "o\(minute)", user: "u\(minute % 60)", at: time)],
        to: .checkouts
      )
    }
    let sink = MemorySink(rule: .with(.early))
    try SteppedTask(log, into: sink, oneCommit()).settle()
    let input = try #require(sink.stored().progress?.clicks)
    #expect(input.position?.token == "1440")
    let rebuild = try #require(Int(input.rebuildPosition?.token ?? ""))
    #expect(rebuild <= 1440 - 65)
    #expect(rebuild > 1440 - 100)
  }

  @Test func `an empty log is flushed at once`() throws {
    let sink = MemorySink(rule: .with(.early))
    let stepped = try SteppedTask(MemoryLog(partitions: 1), into: sink, smallSteps())
    #expect(try stepped.settle() == .finished)
    #expect(sink.stored().progress?.isFlushed == true)
    #expect(sink.commitAttempts == 1)
  }
}
