import Attribution
import Connect
import Dispatch
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Runtime

@Suite struct ReadsReporterTests {
  /// Counts what it is told to have counted.
  private final class CountingSource: Source {
    let counts = Mutex<[PartReads]>([])
    let identity = "counting"

    var reads: [PartReads]? { counts.withLock(\.self) }
    func partitionCount() -> Int { 0 }
    func open(
      _ stream: StreamKind,
      partition: Int,
      at position: SourcePosition?,
      until bound: ReadBound
    ) throws(ConnectorError) -> any PartitionReader {
      throw ConnectorError(.permanent, "there are no partitions")
    }

    func set(calls: Int64, throttled: Int64, records: Int64, behind: Int64?) {
      var reads = PartReads(of: "shard", in: .clicks)
      reads.calls = calls
      reads.throttledCalls = throttled
      reads.records = records
      reads.bytes = 3 * records
      reads.behindMilliseconds = behind
      counts.withLock { $0 = [reads] }
    }
  }

  /// Adds up, and refuses every other time.
  private final class Ledger: Sendable {
    struct State {
      var total = PartReads(of: "shard", in: .clicks)
      var attempts = 0
    }

    let state = Mutex(State())
    let turn = DispatchSemaphore(value: 0)

    func add(_ reads: [PartReads]) throws(ConnectorError) {
      defer { turn.signal() }
      try state.withLock { state throws(ConnectorError) in
        state.attempts += 1
        guard state.attempts.isMultiple(of: 2) else {
          throw ConnectorError(.transient, "out of reach")
        }
        for reads in reads {
          state.total.calls += reads.calls
          state.total.throttledCalls += reads.throttledCalls
          state.total.records += reads.records
          state.total.bytes += reads.bytes
          state.total.behindMilliseconds = reads.behindMilliseconds
        }
      }
    }
  }

  private final class LedgerHandle: ReadsLedger {
    let ledger: Ledger
    init(_ ledger: Ledger) { self.ledger = ledger }
    func add(_ reads: [PartReads]) throws(ConnectorError) { try ledger.add(reads) }
  }

  private struct LedgerSink: Sink {
    let ledger: Ledger
    var acceptsRevisions: Bool { true }
    func makeReadsLedger() -> (any ReadsLedger)? { LedgerHandle(ledger) }
    func makeTask(
      _ task: Int,
      source identity: String,
      rule: AttributionRule
    ) throws(ConnectorError) -> any TaskSink {
      throw ConnectorError(.permanent, "there are no tasks")
    }
  }

  private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  @Test func `every count arrives once, though every other attempt fails`() throws {
    let source = CountingSource()
    let ledger = Ledger()
    source.set(calls: 5, throttled: 1, records: 100, behind: 700)
    let reporter = try #require(
      ReadsReporter(
        from: source,
        to: LedgerSink(ledger: ledger),
        logger: Self.silent,
        interval: .milliseconds(1)
      )
    )
    for _ in 0..<2 { ledger.turn.wait() }
    source.set(calls: 8, throttled: 3, records: 150, behind: nil)
    for _ in 0..<2 { ledger.turn.wait() }
    reporter.finish()
    let state = ledger.state.withLock(\.self)
    // Nothing is said when nothing was asked.
    #expect(state.attempts == 4)
    var total = PartReads(of: "shard", in: .clicks)
    total.calls = 8
    total.throttledCalls = 3
    total.records = 150
    total.bytes = 450
    #expect(state.total == total)
  }

  @Test func `a source that counts nothing needs no reporter`() {
    let reporter = ReadsReporter(
      from: MemoryLog(partitions: 1),
      to: LedgerSink(ledger: Ledger()),
      logger: Self.silent
    )
    #expect(reporter == nil)
  }
}
