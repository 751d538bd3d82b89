import Attribution
import Connect
import Dataflow
import Events
import TestSupport
import Testing

@testable import PostgresConnect

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A process that is killed at a named point of a commit leaves the whole commit, or none of it.
@Suite struct CrashPointTests {
  @Test(arguments: FaultPoint.allCases.filter { $0 != .lostCommitAck })
  func `a kill leaves the whole commit or none`(point: FaultPoint) async throws {
    let address = try TemporaryCluster.database()
    let text = address.connectionString
    let name = point.rawValue
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [text = text as String, name = name as String] in
      try commitOneOfEach(to: PostgresAddress(text), fault: Fault("\(name):1"))
    }
    let isCommitted = point == .afterCommit
    let connection = try PostgresConnection(address)
    // The killed worker's transaction ends when the server notices.
    let stored = try connection.query(
      """
      SELECT epoch, (SELECT count(*) FROM ecommerce.raw_clicks),
        (SELECT count(*) FROM ecommerce.attributions),
        (SELECT count(*) FROM ecommerce.late_events),
        (SELECT count(*) FROM ecommerce.dead_letters)
      FROM ecommerce.stream_progress
      """
    )
    #expect(stored == [isCommitted ? ["1", "2", "1", "1", "1"] : ["0", "0", "0", "0", "0"]])
    if !isCommitted { try commitOneOfEach(to: address, fault: nil) }
    #expect(
      try connection.query("SELECT epoch, clicks_records FROM ecommerce.stream_progress")
        == [["1", "2"]]
    )
    #expect(try connection.query("SELECT count(*) FROM ecommerce.raw_clicks") == [["2"]])
  }

  @Test func `a fault is read from its text`() {
    #expect(Fault("before-begin")?.strikes(at: .beforeBegin) == true)
    let third = Fault("after-late:3")
    #expect(
      (0..<5).map { _ in third?.strikes(at: .afterLate) } == [false, false, true, false, false]
    )
    #expect(third?.strikes(at: .afterCommit) == false)
    for text in ["", "nowhere", "before-begin:", "before-begin:0", "before-begin:1:2"] {
      #expect(Fault(text) == nil)
    }
  }
}

/// Commits two clicks, one of them late, an answer and a dead letter.
private func commitOneOfEach(to address: PostgresAddress, fault: Fault?) throws {
  let messages = Messages()
  let sink = try PostgresSink(address, fault: fault)
    .makeTask(0, source: "s", rule: AttributionRule())
  _ = try sink.open()
  let epoch = sink.makeEpoch()
  let click = messages.click("a", user: "u", at: 100)
  epoch.append(
    ClickBatch([click, messages.click("b", user: "u", at: 50)]),
    verdicts: [.onTime, .late],
    watermark: EventTime(microseconds: 60)
  )
  epoch.append([messages.reject([1], offset: 7, reason: "r")], of: .clicks)
  epoch.append([
    messages.answer(
      .new,
      to: messages.checkout("x", user: "u", at: 200),
      by: click,
      clicksInWindow: 2
    )
  ])
  var progress = TaskProgress()
  progress.clicks.counts.records = 2
  _ = try sink.commit(epoch, progress: progress)
  sink.close()
}
