/// One named measurement: what runs, in what its work is counted, and what bounds it.
///
/// Add a topic as a file of its own (`let decodeBenchmarks: [Benchmark] = ...`) and a line in
/// `allBenchmarks`. Input is made from a fixed seed in `prepare`, which is called only if the
/// benchmark runs.
struct Benchmark: Sendable {
  /// What one unit of work is; rates are counted in it.
  enum Unit: String, Sendable { case events, rows, bytes }

  /// `noun.verb/variant`, such as `intervalJoin.process/zipf`.
  let name: String
  let unit: Unit
  /// Name of the benchmark that this one cannot beat, measured in the same run.
  ///
  /// Such as reading the same bytes, or PostgreSQL's own COPY of the same rows. It stands earlier in
  /// `allBenchmarks`.
  var limit: String?
  /// True where its runs take turns with those of its limit, which stands right before it: for long
  /// runs, so that other work on the machine slows both alike.
  var alternatesWithLimit = false
  let prepare: @Sendable (BenchmarkContext) throws -> Workload
}

/// What is measured, ready to run any number of times.
struct Workload {
  /// Units of work in one run.
  let count: Int
  /// Bytes that one run goes through; compares benchmarks whose units differ.
  var byteCount: Int?
  /// Puts back what a run has changed (a truncated table, a buffer decoded in place); not measured.
  var beforeRun: () throws -> Void = {}
  /// The measured work.
  let run: () throws -> Outcome
  /// Removes what `prepare` has made outside the context's directory.
  var cleanUp: () -> Void = {}
}

/// What a run gave: its checksum, equal for all runs, and figures besides time.
struct Outcome {
  let checksum: UInt64
  /// Such as `bytes/click`, the same in every run; their medians are shown.
  var figures: [Figure] = []
  /// What the run measured itself, if not all of it is meant (see `Stopwatch`).
  var seconds: Double?

  struct Figure {
    let name: String
    var value: Double
  }
}

/// A checksum of a run's output in the order of its values.
struct Checksum {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Mixes in one integer; its two's complement bits count.
  mutating func combine(_ part: some BinaryInteger) {
    value = (value ^ UInt64(truncatingIfNeeded: part)) &* 0x9e37_79b9_7f4a_7c15
    value ^= value &>> 32
  }
}
