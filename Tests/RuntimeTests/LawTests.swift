import Attribution
import Connect
import Dataflow
import TestSupport
import Testing

@testable import Runtime

/// The law of attribution, checked by the sink at every commit.
@Suite struct LawTests {
  static let rules: [AttributionRule] = [
    .with(.early), .with(.early, .drop), .with(.final), .with(.final, .drop),
  ]

  @Test(arguments: rules, [1, 2, 3] as [UInt64])
  func `the law holds at every commit`(rule: AttributionRule, seed: UInt64) throws {
    let log = MemoryLog(partitions: 3)
    RandomLog().append(to: log, partitions: 3, seed: seed)
    let sink = MemorySink(rule: rule)
    try run(log, into: sink, smallSteps(rule: rule))
    #expect(sink.violations == [])
    #expect((0..<3).allSatisfy { sink.stored($0).progress?.isFlushed == true })
    #expect(sink.commitAttempts > 20)
  }

  @Test(arguments: rules, [100, 700, 5000, 1 << 20])
  func `the size of batches changes no answer`(rule: AttributionRule, byteCount: Int) throws {
    let log = MemoryLog(partitions: 1)
    RandomLog().append(to: log, partitions: 1, seed: 7)
    let sink = MemorySink(rule: rule)
    var settings = smallSteps(rule: rule)
    settings.readByteCount = byteCount
    try run(log, into: sink, settings)
    #expect(sink.violations == [])
  }

  @Test(arguments: rules)
  func `a crash at any commit changes no answer, whatever the number of workers`(
    rule: AttributionRule
  ) throws {
    let log = MemoryLog(partitions: 3)
    RandomLog(clicks: 150, checkouts: 60).append(to: log, partitions: 3, seed: 11)
    let commits = try countCommits(log, rule)
    for crash in 0..<commits {
      let sink = MemorySink(rule: rule, faults: [crash: .error(.permanent)])
      #expect(throws: ConnectorError.self) {
        try run(log, into: sink, smallSteps(workers: 1, rule: rule))
      }
      let next = sink.reopened()
      try run(log, into: next, smallSteps(workers: 1 + crash % 4, rule: rule))
      #expect(next.violations == [], "crash at commit \(crash)")
      #expect((0..<3).allSatisfy { next.stored($0).progress?.isFlushed == true })
    }
  }

  @Test(arguments: rules)
  func `repeated crashes and lost acknowledgements change no answer`(rule: AttributionRule) throws {
    let log = MemoryLog(partitions: 2)
    RandomLog().append(to: log, partitions: 2, seed: 5)
    var sink = MemorySink(rule: rule)
    var crashes = 0
    while true {
      sink = sink.reopened(faults: [2: .lostAcknowledgement, 5: .error(.permanent)])
      do {
        try run(log, into: sink, smallSteps(workers: 1 + crashes % 3, rule: rule))
        break
      } catch let error as ConnectorError where error.kind == .permanent {
        crashes += 1
      }
    }
    #expect(crashes > 3)
    #expect(sink.violations == [])
  }

  @Test(arguments: rules)
  func `a run on the grown log goes on where the flush ended`(rule: AttributionRule) throws {
    let log = MemoryLog(partitions: 2)
    var sink = MemorySink(rule: rule)
    for part in 0..<3 {
      RandomLog(clicks: 100, checkouts: 40, span: 3600)
        .append(to: log, partitions: 2, seed: 3, part: part)
      sink = sink.reopened()
      try run(log, into: sink, smallSteps(rule: rule))
      #expect(sink.violations == [], "part \(part)")
      let again = sink.reopened()
      try run(log, into: again, smallSteps(rule: rule))
      #expect(again.commitAttempts == 0, "nothing new, nothing to commit")
    }
  }

  @Test(arguments: rules)
  func `a crash on the grown log changes no answer`(rule: AttributionRule) throws {
    for crash in 0..<12 {
      let log = MemoryLog(partitions: 1)
      var sink = MemorySink(rule: rule)
      for part in 0..<2 {
        RandomLog(clicks: 60, checkouts: 40, span: 900)
          .append(to: log, partitions: 1, seed: 3, part: part)
        sink = sink.reopened(faults: part == 1 ? [crash: .error(.permanent)] : [:])
        try? run(log, into: sink, smallSteps(rule: rule))
      }
      sink = sink.reopened()
      try run(log, into: sink, smallSteps(rule: rule))
      #expect(sink.violations == [], "crash at commit \(crash)")
    }
  }

  @Test(arguments: rules)
  func `a sink that forgets commits gets them again`(rule: AttributionRule) throws {
    let log = MemoryLog(partitions: 2)
    RandomLog().append(to: log, partitions: 2, seed: 13)
    for commits in 1...4 {
      let sink = MemorySink(rule: rule, faults: [9: .rewound(commits: commits)])
      try run(log, into: sink, smallSteps(rule: rule))
      #expect(sink.violations == [])
      #expect((0..<2).allSatisfy { sink.stored($0).progress?.isFlushed == true })
    }
  }

  @Test func `all runs of one log store the same rows`() throws {
    let log = MemoryLog(partitions: 2)
    RandomLog().append(to: log, partitions: 2, seed: 17)
    let rule = AttributionRule.with(.early)
    var results: [[[String: NaiveAttribution.Answer]]] = []
    for workers in 1...3 {
      let sink = MemorySink(rule: rule)
      try run(log, into: sink, smallSteps(workers: workers, rule: rule))
      results.append((0..<2).map { sink.stored($0).rows })
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  private func countCommits(_ log: MemoryLog, _ rule: AttributionRule) throws -> Int {
    let sink = MemorySink(rule: rule)
    try run(log, into: sink, smallSteps(workers: 1, rule: rule))
    return sink.commitAttempts
  }
}
