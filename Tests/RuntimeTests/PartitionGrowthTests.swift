import Attribution
import Connect
import Synchronization
import TestSupport
import Testing

@testable import Runtime

/// Partitions that come while the log is followed.
@Suite struct PartitionGrowthTests {
  /// Has room for two tasks.
  private struct NarrowSink: Sink {
    let sink: MemorySink

    var acceptsRevisions: Bool { true }

    func requireRoom(forTasks count: Int) throws(ConnectorError) {
      guard count > 2 else { return }
      throw ConnectorError(.permanent, "\(count) tasks are too many")
    }

    func makeTask(
      _ task: Int,
      source identity: String,
      rule: AttributionRule
    ) throws(ConnectorError) -> any TaskSink {
      sink.makeTask(task, source: identity, rule: rule)
    }
  }

  private let log = MemoryLog(partitions: 1)
  private let lines = LogLines()

  /// Follows the log until `open` stops the job or throws.
  private func follow(
    open: @escaping @Sendable (Range<Int>, JobControl) throws(ConnectorError) -> Void
  ) throws {
    let control = JobControl(
      clock: ManualClock().clock,
      stopTimeout: .zero,
      logger: lines.logger
    )
    let growth = PartitionGrowth(of: log, logger: lines.logger)
    let ended = Background {
      try growth.follow(from: 1, until: control) { added throws(ConnectorError) in
        try open(added, control)
      }
    }
    log.addPartition()
    try ended.wait()
  }

  @Test func `partitions are said to be added once they are`() throws {
    try follow { [lines] added, control throws(ConnectorError) in
      #expect(added == 1..<2)
      #expect(lines.all == [])
      control.requestStop()
    }
    #expect(lines.all == ["info: partitions added partitions=1..<2"])
  }

  @Test func `partitions that cannot be opened end the following`() throws {
    let error = #expect(throws: ConnectorError.self) {
      try follow { _, _ throws(ConnectorError) in
        throw ConnectorError(.permanent, "no room")
      }
    }
    #expect(error?.message == "no room")
    #expect(lines.all == [])
  }

  @Test func `partitions that a stop was in time for are left to the next run`() throws {
    try follow { _, control throws(ConnectorError) in
      control.requestStop()
      throw ConnectorError(.transient, "given up")
    }
    #expect(lines.all == [])
  }

  @Test func `a job that grows beyond its sink ends with what the sink said`() throws {
    let sink = MemorySink(rule: .with(.early))
    let job = try makeJob(
      log,
      into: NarrowSink(sink: sink),
      smallSteps(untilEnd: false, rule: .with(.early)),
      logger: lines.logger
    )
    let ended = Background { try job.run() }
    log.append([line(.clicks, "c", user: "u", at: .at(0))], to: .clicks)
    for _ in 0..<2 { log.addPartition() }
    let error = #expect(throws: ConnectorError.self) { try ended.wait() }
    #expect(error?.message == "3 tasks are too many")
    #expect(sink.stored().clicks.count == 1)
    #expect(lines.all == [])
  }
}
