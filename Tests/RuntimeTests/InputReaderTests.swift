import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import Runtime

/// Reading and decoding ahead of the engine.
@Suite struct InputReaderTests {
  private func log(_ count: Int) -> MemoryLog {
    let log = MemoryLog(partitions: 1)
    append(0..<count, to: log)
    return log
  }

  private func append(_ numbers: Range<Int>, to log: MemoryLog) {
    let lines = numbers.map { line(.clicks, "c\($0)", user: "u\($0 % 7)", at: .at(Double($0))) }
    log.append(lines, to: .clicks)
  }

  private func open(
    _ log: MemoryLog,
    runsOf byteCount: Int = 500
  ) throws -> InputReader<ClickDecoder> {
    InputReader(
      try log.open(.clicks, partition: 0, at: nil, until: .endOfLog),
      byteCount: byteCount
    )
  }

  /// The ids of the current run.
  private func ids(_ reader: InputReader<ClickDecoder>) -> [String] {
    reader.current.batch.records.map { String(decoding: $0.bytes($0.eventID), as: UTF8.self) }
  }

  @Test(arguments: 0..<50)
  func `runs come in order, and positions are those of what was taken, whoever reads`(
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    let log = log(100)
    let reader = try open(log, runsOf: Int.random(in: 1...3000, using: &random))
    var taken: [String] = []
    repeat {
      for _ in 0..<Int.random(in: 0...2, using: &random) {
        reader.readAhead()
        #expect(reader.current.endPosition.token == "\(taken.count)")
      }
      try reader.next()
      #expect(reader.current.startPosition.token == "\(taken.count)")
      taken += ids(reader)
      #expect(reader.current.endPosition.token == "\(taken.count)")
    } while !reader.current.isCaughtUp
    #expect(taken == (0..<100).map { "c\($0)" })
  }

  /// A log without records that counts how often it is read.
  private final class EmptyReader: PartitionReader {
    var readCount = 0
    var position: SourcePosition { SourcePosition("0") }
    func lag() -> Int64 { 0 }

    func read(atMost byteCount: Int) -> MessageRun {
      readCount += 1
      return MessageRun(
        bytes: UnsafeMutableRawBufferPointer(start: nil, count: 0),
        startOffset: 0,
        isCaughtUp: true,
        startPosition: position
      )
    }
  }

  @Test func `at the end of a log nothing is read twice ahead: the run in work would move`() throws
  {
    let log = EmptyReader()
    let reader = InputReader<ClickDecoder>(log, byteCount: 500)
    for turn in 1...3 {
      try reader.next()
      let before = log.readCount
      for _ in 0..<4 { reader.readAhead() }
      #expect(log.readCount == before + 1, "turn \(turn)")
    }
  }

  @Test func `threads that read ahead all the time change nothing`() throws {
    let reader = try open(log(3000))
    let helpers = (0..<3).map { _ in
      Background { for _ in 0..<5000 { reader.readAhead() } }
    }
    var taken: [String] = []
    repeat {
      try reader.next()
      taken += ids(reader)
    } while !reader.current.isCaughtUp
    for helper in helpers { try helper.wait() }
    #expect(taken == (0..<3000).map { "c\($0)" })
  }

  @Test func `one run is read ahead and no more, and the current one stays`() throws {
    let reads = ReadCounter()
    let partition = try log(100).open(.clicks, partition: 0, at: nil, until: .endOfLog)
    let reader = InputReader<ClickDecoder>(
      CountingReader(partition, reads),
      byteCount: 500
    )
    try reader.next()
    let current = ids(reader)
    for _ in 0..<10 { reader.readAhead() }
    #expect(reads.count == 2)
    #expect(ids(reader) == current)
  }

  @Test func `the end of the log is looked for anew by the task itself`() throws {
    let log = log(1)
    let reader = try open(log)
    try reader.next()
    #expect(reader.current.isCaughtUp)
    reader.readAhead()
    append(1..<2, to: log)
    try reader.next()
    #expect(ids(reader) == ["c1"])
  }

  @Test func `trouble met ahead is the task's when its turn comes`() throws {
    let log = log(100)
    let reader = try open(log)
    try reader.next()
    let before = reader.current.endPosition
    log.set(.failing(ConnectorError(.transient, "log is away")), for: .clicks)
    reader.readAhead()
    log.set(.fair, for: .clicks)
    let error = #expect(throws: ConnectorError.self) { try reader.next() }
    #expect(error?.message == "log is away")
    #expect(reader.current.isEmpty)
    #expect(reader.current.endPosition == before)
    try reader.next()
    #expect(reader.current.startPosition == before)
  }

  /// A log that has moved on by the time it throws.
  private final class MovingReader: PartitionReader {
    private var next = 7
    var position: SourcePosition { SourcePosition("\(next)") }
    func lag() -> Int64 { 0 }

    func read(atMost byteCount: Int) throws(ConnectorError) -> MessageRun {
      next += 1
      throw ConnectorError(.lost, "line \(next) is gone")
    }
  }

  @Test func `what a read has passed before it threw is not read`() throws {
    let reader = InputReader<ClickDecoder>(MovingReader(), byteCount: 500)
    for _ in 1...3 {
      #expect(throws: ConnectorError.self) { try reader.next() }
      #expect(reader.current.endPosition.token == "7")
      reader.readAhead()
    }
  }

  // MARK: A task's

  /// A commit for every run, and small runs.
  private func task(_ log: MemoryLog, into sink: MemorySink) throws -> SteppedTask {
    var settings = smallSteps(untilEnd: false)
    settings.readByteCount = 500
    return try SteppedTask(log, into: sink, settings)
  }

  @Test func `what was read ahead of a crash is read again, and nothing else`() throws {
    let log = log(100)
    let sink = MemorySink(rule: AttributionRule())
    let first = try task(log, into: sink)
    try first.settle(atMost: 5)
    let committed = sink.stored().progress?.clicks.position
    for input in first.task.readingAhead { input.readAhead() }
    // The first worker is gone, with a run in its hands.
    let second = try task(log, into: sink)
    #expect(sink.stored().progress?.clicks.position == committed)
    try second.settle()
    #expect(sink.stored().clicks.count == 100)
    #expect(sink.stored().progress?.clicks.counts.records == 100)
    #expect(sink.violations == [])
  }

  @Test func `a task that is let go leaves what was read ahead to the next`() throws {
    let log = log(100)
    let sink = MemorySink(rule: AttributionRule())
    let stepped = try task(log, into: sink)
    try stepped.settle(atMost: 5)
    for input in stepped.task.readingAhead { input.readAhead() }
    stepped.environment.tenure.release(by: .now + .seconds(5))
    #expect(try stepped.settle() == .finished)
    let progress = try #require(sink.stored().progress)
    #expect(progress.clicks.position?.token == "\(sink.stored().clicks.count)")
    try task(log, into: sink).settle()
    #expect(sink.stored().clicks.count == 100)
    #expect(sink.violations == [])
  }

  @Test func `a commit that hangs stops reading ahead after one run`() throws {
    let log = log(100)
    let sink = MemorySink(rule: AttributionRule())
    let stepped = try task(log, into: sink)
    stepped.commits.isHolding = true
    #expect(try stepped.settle() == .waiting)
    let read = stepped.statistics.recordsRead
    for _ in 0..<10 {
      for input in stepped.task.readingAhead { input.readAhead() }
      #expect(try stepped.settle() == .waiting)
    }
    #expect(stepped.statistics.recordsRead == read)
    stepped.commits.release()
    try stepped.settle()
    #expect(sink.stored().clicks.count == 100)
    #expect(sink.violations == [])
  }
}

/// How often a reader was asked.
private final class ReadCounter {
  var count = 0
}

private final class CountingReader: PartitionReader {
  private let reader: any PartitionReader
  private let reads: ReadCounter

  init(_ reader: any PartitionReader, _ reads: ReadCounter) {
    self.reader = reader
    self.reads = reads
  }

  var position: SourcePosition { reader.position }
  func lag() throws(ConnectorError) -> Int64 { try reader.lag() }

  func read(atMost byteCount: Int) throws(ConnectorError) -> MessageRun {
    reads.count += 1
    return try reader.read(atMost: byteCount)
  }
}
