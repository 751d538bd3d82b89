import Attribution
import Dataflow
import Events

/// The fused first click, from decoded records to answers, at 0.45 million live clicks.
let firstClickBenchmarks = [
  Benchmark(name: "records.read/memory", unit: .events) { context in
    let load = FirstClickLoad(clicks: context.scaled(3_000_000))
    return Workload(count: load.eventCount) {
      var checksum = Checksum()
      for round in load.rounds {
        for click in round.clicks.records {
          checksum.combine(click.bytes(click.eventID).reduce(0) { $0 &+ Int($1) })
        }
        for checkout in round.checkouts.records {
          checksum.combine(checkout.bytes(checkout.eventID).reduce(0) { $0 &+ Int($1) })
        }
      }
      return Outcome(checksum: checksum.value)
    }
  },
  firstClickBenchmark("firstClick.process/early", .early),
  firstClickBenchmark("firstClick.process/final", .final),
  firstClickBenchmark("firstClick.process/early-bot", .early, botShare: 50),
]

private func firstClickBenchmark(
  _ name: String,
  _ emission: AttributionRule.Emission,
  botShare: UInt64 = 0
) -> Benchmark {
  Benchmark(name: name, unit: .events, limit: "records.read/memory") { context in
    let load = FirstClickLoad(clicks: context.scaled(3_000_000), botShare: botShare)
    var rule = AttributionRule()
    rule.emission = emission
    return Workload(count: load.eventCount) {
      var run = FirstClickRun(rule)
      for round in load.rounds { run.take(round) }
      return run.finish()
    }
  }
}

/// One pass of the load through an operator.
private struct FirstClickRun: ~Copyable {
  private var engine: FirstClick
  private var answers: [Answer] = []
  private var checksum = Checksum()
  private var answerCount = 0
  private var duplicateCount = 0
  private var undrained = 0

  init(_ rule: AttributionRule) { engine = FirstClick(rule: rule) }

  mutating func take(_ round: FirstClickLoad.Round) {
    var verdicts = round.clickVerdicts
    engine.process(round.clicks, verdicts: &verdicts)
    duplicateCount += verdicts.count { $0 == .duplicate }
    verdicts = round.checkoutVerdicts
    engine.process(round.checkouts, verdicts: &verdicts)
    duplicateCount += verdicts.count { $0 == .duplicate }
    engine.advance(to: round.watermark)
    undrained += round.clicks.records.count + round.checkouts.records.count
    if undrained >= 100_000 { drain() }
  }

  /// Flushes; the sizes are those before.
  consuming func finish() -> Outcome {
    let statistics = engine.statistics
    engine.advance(to: .endOfInput)
    drain()
    checksum.combine(answerCount)
    checksum.combine(duplicateCount)
    return Outcome(
      checksum: checksum.value,
      figures: [
        .init(
          name: "bytes/click",
          value: Double(statistics.allocatedBytes) / Double(statistics.bufferedClicks)
        ),
        .init(name: "live clicks", value: Double(statistics.bufferedClicks)),
        .init(name: "answers", value: Double(answerCount)),
      ]
    )
  }

  private mutating func drain() {
    undrained = 0
    answers.removeAll(keepingCapacity: true)
    engine.drainAnswers(into: &answers)
    answerCount += answers.count
    for answer in answers {
      checksum.combine(Int64(answer.clicksInWindow) &+ answer.clickTime.microseconds)
    }
  }
}
