/// The times of all runs of one benchmark, and what they gave.
struct Measurement {
  let name: String
  let unit: Benchmark.Unit
  let count: Int
  let byteCount: Int?
  /// Of every run, in seconds, ascending.
  let seconds: [Double]
  let outcome: Outcome
  let limit: Limit?

  /// How near the benchmark came to the one that bounds it; 1 is as fast.
  struct Limit {
    let name: String
    let ratio: Double
  }

  var medianSeconds: Double {
    let middle = seconds.count / 2
    return seconds.count.isMultiple(of: 2)
      ? (seconds[middle - 1] + seconds[middle]) / 2 : seconds[middle]
  }
  /// Units a second of the median run.
  var rate: Double { Double(count) / medianSeconds }
  /// Units a second of the slowest run.
  var slowestRate: Double { Double(count) / seconds[seconds.count - 1] }
  /// Units a second of the fastest run.
  var fastestRate: Double { Double(count) / seconds[0] }
  /// Of the median run.
  var nanosecondsPerUnit: Double { medianSeconds / Double(count) * 1e9 }
  /// Bytes a second of the median run.
  var byteRate: Double? { byteCount.map { Double($0) / medianSeconds } }
}

extension Benchmark {
  /// Prepares the workload, runs it once to warm up and `runs` times by the clock, and cleans up.
  ///
  /// - Parameters:
  ///   - context: scale and directory.
  ///   - runs: at least 1.
  ///   - measured: the benchmarks measured before; holds the limit, if there is one.
  /// - Returns: the times of the `runs` runs.
  /// - Throws: what the workload throws; `BenchmarkError` when two runs differ.
  func measure(
    in context: BenchmarkContext,
    runs: Int,
    after measured: [Measurement]
  ) throws -> Measurement {
    let workload = try prepare(context)
    defer { workload.cleanUp() }
    try workload.beforeRun()
    var outcome = try workload.run()
    var seconds: [Double] = []
    for run in 1...runs {
      try workload.beforeRun()
      let former = outcome.checksum
      let duration = try ContinuousClock().measure { outcome = try workload.run() }
      guard outcome.checksum == former else {
        throw BenchmarkError.unequalOutputs(benchmark: name, run: run)
      }
      seconds.append(outcome.seconds ?? duration / .seconds(1))
    }
    let own = Measurement(
      name: name,
      unit: unit,
      count: workload.count,
      byteCount: workload.byteCount,
      seconds: seconds.sorted(),
      outcome: outcome,
      limit: nil
    )
    guard let limit else { return own }
    guard let bound = measured.first(where: { $0.name == limit }) else {
      throw BenchmarkError.missingLimit(benchmark: name, limit: limit)
    }
    return Measurement(
      name: own.name,
      unit: own.unit,
      count: own.count,
      byteCount: own.byteCount,
      seconds: own.seconds,
      outcome: outcome,
      limit: .init(name: limit, ratio: try own.ratio(to: bound))
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
}

/// Why a measurement is refused.
enum BenchmarkError: Error, CustomStringConvertible {
  case unequalOutputs(benchmark: String, run: Int)
  case missingLimit(benchmark: String, limit: String)
  case incomparableLimit(benchmark: String, limit: String)

  var description: String {
    switch self {
    case .unequalOutputs(let benchmark, let run):
      "run \(run) of \"\(benchmark)\" gave another output than the run before; its time means nothing"
    case .missingLimit(let benchmark, let limit):
      "the limit \"\(limit)\" of \"\(benchmark)\" is not listed before it"
    case .incomparableLimit(let benchmark, let limit):
      "\"\(benchmark)\" and its limit \"\(limit)\" differ in unit; hint: give both a byte count"
    }
  }
}
