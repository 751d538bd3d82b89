import Attribution
import Dataflow
import Events

/// The fused first click, from records just decoded to answers, at 0.45 million live clicks.
///
/// Only its own calls are timed, not the making of the records. Its limit is memory: what is left
/// when nothing is computed. Of its time, "ns joining" an event is the join itself, when the
/// watermark moves: sorting, chaining, settling, evicting; the rest is telling duplicates, interning
/// texts, early answers, and handing answers out.
let firstClickBenchmarks = [
  Benchmark(name: "memory.touch/state", unit: .events) { context in
    let count = context.scaled(12_000_000)
    let state = TouchedState()
    return Workload(count: count) { Outcome(checksum: state.touch(events: count)) }
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
  Benchmark(name: name, unit: .events, limit: "memory.touch/state") { context in
    let clicks = context.scaled(10_000_000)
    var rule = AttributionRule()
    rule.emission = emission
    return Workload(
      count: FirstClickLoad(clicks: clicks, botShare: botShare).eventCount()
    ) {
      var load = FirstClickLoad(clicks: clicks, botShare: botShare)
      var run = FirstClickRun(rule)
      while load.makeRound() { run.take(load) }
      return run.finish()
    }
  }
}

/// One pass of the load through an operator.
private struct FirstClickRun: ~Copyable {
  private var engine: FirstClick
  private var stopwatch = Stopwatch()
  private var joinStopwatch = Stopwatch()
  private var eventCount = 0
  private var verdicts: [Verdict] = []
  private var answers: [Answer] = []
  private var checksum = Checksum()
  private var answerCount = 0
  private var duplicateCount = 0
  private var undrained = 0

  init(_ rule: AttributionRule) { engine = FirstClick(rule: rule) }

  mutating func take(_ load: borrowing FirstClickLoad) {
    verdicts = load.clickVerdicts
    stopwatch.time { engine.process(load.clicks, verdicts: &verdicts) }
    duplicateCount += verdicts.count { $0 == .duplicate || $0 == .resent }
    verdicts = load.checkoutVerdicts
    stopwatch.time { engine.process(load.checkouts, verdicts: &verdicts) }
    duplicateCount += verdicts.count { $0 == .duplicate || $0 == .resent }
    joinStopwatch.time { engine.advance(to: load.watermark) }
    let count = load.clicks.records.count + load.checkouts.records.count
    eventCount += count
    undrained += count
    if undrained >= 100_000 { drain() }
  }

  /// Flushes; the sizes are those before.
  consuming func finish() -> Outcome {
    let statistics = engine.statistics
    joinStopwatch.time { engine.advance(to: .endOfInput) }
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
        .init(name: "ns joining", value: joinStopwatch.seconds * 1e9 / Double(eventCount)),
      ],
      seconds: stopwatch.seconds + joinStopwatch.seconds
    )
  }

  private mutating func drain() {
    undrained = 0
    answers.removeAll(keepingCapacity: true)
    stopwatch.time { engine.drainAnswers(into: &answers) }
    answerCount += answers.count
    for answer in answers {
      checksum.combine(Int64(answer.clicksInWindow) &+ answer.clickTime.microseconds)
    }
  }
}
