import Foundation

extension [Benchmark] {
  /// The benchmarks in groups that are measured in turns; most are alone.
  var takingTurns: [[Benchmark]] {
    reduce(into: []) { groups, benchmark in
      let last = groups.indices.last
      if let last, benchmark.alternatesWithLimit, groups[last].last?.name == benchmark.limit {
        groups[last].append(benchmark)
      } else {
        groups.append([benchmark])
      }
    }
  }

  /// Prepares the workloads, runs each once to warm up and `runs` times by the clock, a run of each
  /// in turn, and cleans up.
  ///
  /// - Parameters:
  ///   - context: scale and directory.
  ///   - runs: at least 1.
  ///   - measured: the benchmarks measured before; they or this group hold the limits.
  /// - Returns: the times of the `runs` runs, in the order of the benchmarks.
  /// - Throws: what a workload throws; `BenchmarkError` when two runs differ.
  func measure(
    in context: BenchmarkContext,
    runs: Int,
    after measured: [Measurement]
  ) throws -> [Measurement] {
    var series: [Series] = []
    defer { for series in series { series.workload.cleanUp() } }
    for benchmark in self { series.append(Series(benchmark, try benchmark.prepare(context))) }
    for run in 0...runs {
      for index in series.indices { try series[index].run(run) }
    }
    return try series.reduce(into: []) { measurements, series in
      measurements.append(try series.measurement(after: measured + measurements))
    }
  }
}

/// The runs of one benchmark so far.
private struct Series {
  let benchmark: Benchmark
  let workload: Workload
  private var outcome: Outcome?
  private var seconds: [Double] = []
  /// Of every run but the first.
  private var figures: [[Outcome.Figure]] = []

  init(_ benchmark: Benchmark, _ workload: Workload) {
    self.benchmark = benchmark
    self.workload = workload
  }

  /// Run 0 warms up.
  ///
  /// What was written before is on the disk first: the kernel would write it during the run, on its
  /// cores.
  mutating func run(_ run: Int) throws {
    try workload.beforeRun()
    sync()
    var outcome: Outcome?
    let duration = try ContinuousClock().measure { outcome = try workload.run() }
    if let former = self.outcome, former.checksum != outcome?.checksum {
      throw BenchmarkError.unequalOutputs(benchmark: benchmark.name, run: run)
    }
    self.outcome = outcome
    guard run > 0 else { return }
    seconds.append(outcome?.seconds ?? duration / .seconds(1))
    figures.append(outcome?.figures ?? [])
  }

  func measurement(after measured: [Measurement]) throws -> Measurement {
    guard var outcome else { preconditionFailure("\(benchmark.name) was not run") }
    for index in outcome.figures.indices {
      let name = outcome.figures[index].name
      outcome.figures[index].value = figures.joined().filter { $0.name == name }.map(\.value).median
    }
    let own = Measurement(
      name: benchmark.name,
      unit: benchmark.unit,
      count: workload.count,
      byteCount: workload.byteCount,
      seconds: seconds,
      outcome: outcome,
      limit: nil
    )
    guard let limit = benchmark.limit else { return own }
    guard let bound = measured.first(where: { $0.name == limit }) else {
      throw BenchmarkError.missingLimit(benchmark: benchmark.name, limit: limit)
    }
    let ratio =
      benchmark.alternatesWithLimit
      ? try own.ratioInTurns(to: bound) : try own.ratio(to: bound)
    return Measurement(
      name: own.name,
      unit: own.unit,
      count: own.count,
      byteCount: own.byteCount,
      seconds: own.seconds,
      outcome: outcome,
      limit: .init(name: limit, ratio: ratio)
    )
  }
}

extension Measurement {
  /// Compares units a second, or bytes a second where the units differ.
  fileprivate func ratio(to bound: Measurement) throws -> Double {
    if unit == bound.unit { return rate / bound.rate }
    guard let byteRate, let boundByteRate = bound.byteRate else {
      throw BenchmarkError.incomparableLimit(benchmark: name, limit: bound.name)
    }
    return byteRate / boundByteRate
  }

  /// The median of the ratios run by run: each run and the limit's before it met the same noise.
  fileprivate func ratioInTurns(to bound: Measurement) throws -> Double {
    let unitRatio = try ratio(to: bound) * medianSeconds / bound.medianSeconds
    return zip(bound.seconds, seconds).map { $0 / $1 * unitRatio }.median
  }
}
