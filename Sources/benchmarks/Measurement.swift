/// The times of all runs of one benchmark, and what they gave.
struct Measurement {
  let name: String
  let unit: Benchmark.Unit
  let count: Int
  let byteCount: Int?
  /// Of every run, in seconds, in their order.
  let seconds: [Double]
  let outcome: Outcome
  let limit: Limit?

  /// How near the benchmark came to the one that bounds it; 1 is as fast.
  struct Limit {
    let name: String
    let ratio: Double
  }

  var medianSeconds: Double { seconds.median }
  var leastSeconds: Double { seconds.min() ?? .nan }
  var mostSeconds: Double { seconds.max() ?? .nan }
  /// Units a second of the median run.
  var rate: Double { Double(count) / medianSeconds }
  /// Units a second of the slowest run.
  var slowestRate: Double { Double(count) / mostSeconds }
  /// Units a second of the fastest run.
  var fastestRate: Double { Double(count) / leastSeconds }
  /// Of the median run.
  var nanosecondsPerUnit: Double { medianSeconds / Double(count) * 1e9 }
  /// Bytes a second of the median run.
  var byteRate: Double? { byteCount.map { Double($0) / medianSeconds } }
}

extension [Double] {
  /// - Precondition: not empty.
  var median: Double {
    let ascending = sorted()
    let middle = count / 2
    return count.isMultiple(of: 2)
      ? (ascending[middle - 1] + ascending[middle]) / 2 : ascending[middle]
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
