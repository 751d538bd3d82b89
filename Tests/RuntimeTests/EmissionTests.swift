import Attribution
import Connect
import Dataflow
import TestSupport
import Testing

@testable import Runtime

/// Runs that write early rows and runs that write final ones only, in turns on one database: the sink
/// checks the law at every commit.
///
/// ```
/// early     final (first)       final (going on)
///   k         c1 c2               c3                click c1 is before checkout k, and on time
///   k: -      k: c1               k: c1, c3
/// ```
@Suite struct EmissionTests {
  /// A task that tails the log, behind whatever the sink holds.
  private func settle(
    _ log: MemoryLog,
    into sink: MemorySink,
    untilEnd: Bool = false
  ) throws {
    let settings = smallSteps(untilEnd: untilEnd, rule: sink.rule)
    let stepped = try SteppedTask(
      log,
      into: sink,
      settings,
      clock: ManualClock(wallStart: .at(9000))
    )
    try stepped.settle()
  }

  /// A checkout that was read without a click, and a watermark 300 s before it.
  private func logOfCheckout(at time: EventTime = .at(1000)) -> MemoryLog {
    let log = MemoryLog(partitions: 1)
    log.append([line(.checkouts, "k", user: "u", at: time)], to: .checkouts)
    log.append([line(.clicks, "x", user: "v", at: time)], to: .clicks)
    return log
  }

  private func firstClick(_ sink: MemorySink) -> String? { sink.stored().rows["k"]?.clickID }

  @Test func `early rows stay right in runs that write final ones only`() throws {
    let log = logOfCheckout()
    var sink = MemorySink(rule: .with(.early))
    try settle(log, into: sink)
    #expect(sink.stored().rows["k"] == .init(clickID: nil, clicksInWindow: 0))
    // An on-time click each, before the former one: in the first such run, and in the next.
    for (click, time) in [("b", 950.0), ("a", 900)] {
      sink = sink.reopened(rule: .with(.final))
      log.append([line(.clicks, click, user: "u", at: .at(time))], to: .clicks)
      log.append([line(.checkouts, "new\(click)", user: "u", at: .at(1001))], to: .checkouts)
      try settle(log, into: sink)
      #expect(firstClick(sink) == click)
      #expect(sink.stored().rows["new\(click)"] == nil, "not final")
    }
    for stream in StreamKind.allCases {
      log.append([line(stream, "end", user: "v", at: .at(2000))], to: stream)
    }
    try settle(log, into: sink)
    #expect(sink.stored().rows["k"] == .init(clickID: "a", clicksInWindow: 2))
    #expect(sink.stored().rows["newb"] == .init(clickID: "a", clicksInWindow: 2))
    #expect(sink.violations == [])
  }

  @Test func `rows of a flush stay right in runs that write final ones only`() throws {
    let log = logOfCheckout()
    let sink = MemorySink(rule: .with(.final))
    try settle(log, into: sink, untilEnd: true)
    #expect(sink.stored().rows["k"] == .init(clickID: nil, clicksInWindow: 0))
    log.append([line(.clicks, "c", user: "u", at: .at(950))], to: .clicks)
    let next = sink.reopened()
    try settle(log, into: next)
    #expect(firstClick(next) == "c")
    #expect(next.violations == [])
  }

  @Test func `checkouts that waited for their final row get an early one at once`() throws {
    let log = logOfCheckout()
    let sink = MemorySink(rule: .with(.final))
    try settle(log, into: sink)
    #expect(sink.stored().rows.isEmpty)
    let next = sink.reopened(rule: .with(.early))
    try settle(log, into: next)
    #expect(next.stored().rows["k"] == .init(clickID: nil, clicksInWindow: 0))
    #expect(next.violations == [])
    let again = next.reopened()
    try settle(log, into: again)
    #expect(again.commitAttempts == 0, "nothing new, nothing to commit")
  }

  /// The sink finds no row to tell it by, and the state does not look so far back.
  @Test(arguments: [AttributionRule.LatePolicy.restate, .drop])
  func `a late resend of a checkout that waits for its row is no new one`(
    latePolicy: AttributionRule.LatePolicy
  ) throws {
    let log = MemoryLog(partitions: 1)
    for stream in StreamKind.allCases {
      log.append([line(stream, "k", user: "u", at: .at(9000))], to: stream)
    }
    var sink = MemorySink(rule: .with(.final, latePolicy))
    try settle(log, into: sink)
    #expect(sink.stored().rows.isEmpty)
    // Sent again twice, beside one that is new.
    for (id, time) in [("k", 1000.0), ("new", 1000), ("k", 1001)] {
      log.append([line(.checkouts, id, user: "u", at: .at(time))], to: .checkouts)
    }
    sink = sink.reopened()
    try settle(log, into: sink)
    #expect(sink.stored().checkouts["k"]?.time == .at(9000))
    #expect(sink.stored().progress?.checkouts.counts.duplicates == 2)
    #expect(sink.stored().progress?.checkouts.counts.late == 1)
    #expect(sink.violations == [])
  }

  /// Neither the state nor the stored rows know the late one while its epoch fills.
  @Test(arguments: [AttributionRule.Emission.early, .final])
  func `what comes on time with the id of a late checkout is its resend`(
    emission: AttributionRule.Emission
  ) throws {
    let log = logOfCheckout(at: .at(9000))
    var sink = MemorySink(rule: .with(emission))
    try settle(log, into: sink)
    for time in [1000.0, 9001] {
      log.append([line(.checkouts, "late", user: "u", at: .at(time))], to: .checkouts)
    }
    sink = sink.reopened()
    try settle(log, into: sink)
    #expect(sink.stored().checkouts["late"]?.time == .at(1000))
    #expect(sink.stored().progress?.checkouts.counts.duplicates == 1)
    #expect(sink.stored().progress?.checkouts.counts.late == 1)
    #expect(sink.violations == [])
  }

  @Test(arguments: [AttributionRule.LatePolicy.restate, .drop], [1, 2, 3] as [UInt64])
  func `any course of emissions, crashes and flushes holds the law at every commit`(
    latePolicy: AttributionRule.LatePolicy,
    seed: UInt64
  ) throws {
    var random = SplitMix64(seed: seed)
    for course in 0..<40 {
      let log = MemoryLog(partitions: 2)
      let arrivals = RandomLog(users: 6, clicks: 120, checkouts: 90, span: 1800)
        .arrivals(seed: seed &* 100 &+ UInt64(course))
      var delivered = 0
      var sink = MemorySink(rule: .with(.early, latePolicy))
      while delivered < arrivals.count {
        let next = min(delivered + .random(in: 5...60, using: &random), arrivals.count)
        for arrival in arrivals[delivered..<next] {
          log.append([arrival.line], to: arrival.stream, partition: arrival.user % 2)
        }
        delivered = next
        let rule = AttributionRule.with(
          .random(in: 0...2, using: &random) == 0 ? .early : .final,
          latePolicy
        )
        // Most crash before they have flushed.
        sink = sink.reopened(
          rule: rule,
          faults: [.random(in: 0...12, using: &random): .error(.permanent)]
        )
        try? run(log, into: sink, smallSteps(workers: 1 + course % 2, rule: rule))
      }
      sink = sink.reopened(rule: .with(.final, latePolicy))
      try run(log, into: sink, smallSteps(rule: sink.rule))
      #expect(sink.violations == [], "course \(course)")
      guard sink.violations.isEmpty else { return }
    }
  }
}
