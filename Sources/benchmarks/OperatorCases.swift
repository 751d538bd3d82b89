import Dataflow

/// The generic operators on one day's disordered clicks and checkouts, each beside hashing its keys.
let operatorBenchmarks = [
  benchmark("key.hash/zipf") { visits in
    var count: [UInt32: Int] = [:]
    var checksum = Checksum()
    for visit in visits {
      count[visit.user, default: 0] += 1
      checksum.combine(visit.time.microseconds)
    }
    checksum.combine(count.count)
    return Outcome(checksum: checksum.value)
  },
  benchmark("deduplicate.process/zipf", limit: "key.hash/zipf") { visits in
    var rows = RowCounter<Visit> { $0.id }
    rows.run(
      Deduplicate(by: { $0.id }, retention: .minutes(65)),
      over: visits,
      input: \.self
    )
    return rows.outcome
  },
  benchmark("intervalJoin.process/zipf", limit: "key.hash/zipf") { visits in
    var rows = RowCounter<IntervalJoin<Visit, Visit, UInt32>.Output> {
      $0.right.id &* 31 &+ ($0.left?.id ?? 0)
    }
    rows.run(
      IntervalJoin(
        left: { $0.user },
        right: { $0.user },
        before: .minutes(5),
        .rightOuter
      ),
      over: visits,
      input: { $0.isCheckout ? .right($0) : .left($0) }
    )
    return rows.outcome
  },
  benchmark("rowNumber.process/zipf", limit: "key.hash/zipf") { visits in
    var rows = RowCounter<RowNumber<Visit, UInt32>.Output> { $0.row.id &+ $0.partitionCount }
    rows.run(
      RowNumber(partitionBy: { $0.user }, orderBy: { $0.id < $1.id }),
      over: visits,
      input: \.self
    )
    return rows.outcome
  },
  benchmark("tumblingWindow.process/zipf", limit: "key.hash/zipf") { visits in
    var rows = RowCounter<TumblingWindow<VisitCount, UInt32>.Output> { $0.figure.count }
    rows.run(TumblingWindow(size: .hours(1), by: { $0.user }), over: visits, input: \.self)
    return rows.outcome
  },
  benchmark("sessionWindow.process/zipf", limit: "key.hash/zipf") { visits in
    var rows = RowCounter<SessionWindow<VisitCount, UInt32>.Output> { $0.figure.count }
    rows.run(SessionWindow(gap: .minutes(30), by: { $0.user }), over: visits, input: \.self)
    return rows.outcome
  },
]

private func benchmark(
  _ name: String,
  limit: String? = nil,
  _ run: @escaping @Sendable ([Visit]) -> Outcome
) -> Benchmark {
  Benchmark(name: name, unit: .events, limit: limit) { context in
    let visits = Visit.day(of: context.scaled(2_000_000))
    return Workload(count: visits.count) { run(visits) }
  }
}

/// A click or a checkout, as small as can be.
private struct Visit: Timestamped {
  var time: EventTime
  var id: Int
  var user: UInt32
  var isCheckout: Bool

  /// One day of visits by `count / 20` skewed users, one in six a checkout, up to 4 minutes out of
  /// order.
  static func day(of count: Int) -> [Visit] {
    var generator = SplitMix64(seed: 2)
    let userCount = Double(max(1, count / 20))
    let step = 86_400_000_000 / Int64(count)
    return (0..<count).map { index in
      // The power of a uniform number: few users have much of the traffic, as with Zipf's law.
      let uniform = Double(generator.next() >> 11) / Double(1 << 53)
      let delay = Int64(generator.next() % 240_000_000)
      return Visit(
        time: EventTime(microseconds: 1_800_000_000_000_000 + Int64(index) * step - delay),
        id: index,
        user: UInt32(userCount * uniform * uniform * uniform),
        isCheckout: index % 6 == 0
      )
    }
  }
}

private struct VisitCount: Aggregate {
  private(set) var count = 0

  mutating func add(_ visit: Visit) { count &+= 1 }
  mutating func merge(_ other: VisitCount) { count &+= other.count }
}

/// Runs an operator over visits in batches of 1024 and takes in its rows.
private struct RowCounter<Row> {
  private var checksum = Checksum()
  private var rowCount = 0
  private let digest: (Row) -> Int

  init(_ digest: @escaping (Row) -> Int) { self.digest = digest }

  var outcome: Outcome {
    Outcome(checksum: checksum.value, figures: [.init(name: "rows", value: Double(rowCount))])
  }

  mutating func run<Subject: Operator & ~Copyable>(
    _ subject: consuming Subject,
    over visits: [Visit],
    input: (Visit) -> Subject.Input
  ) where Subject.Output == Row {
    var tracker = WatermarkTracker(inputCount: 1, delay: .minutes(5))
    var batch: [Subject.Input] = []
    var rows: [Row] = []
    var late: [Subject.Input] = []
    for start in stride(from: 0, to: visits.count, by: 1024) {
      batch.removeAll(keepingCapacity: true)
      for visit in visits[start..<min(start + 1024, visits.count)] {
        tracker.observe(visit.time, input: 0)
        batch.append(input(visit))
      }
      subject.process(batch, into: &rows, late: &late)
      subject.advance(to: tracker.watermark, into: &rows)
      take(&rows)
    }
    subject.advance(to: .endOfInput, into: &rows)
    take(&rows)
    checksum.combine(late.count)
  }

  private mutating func take(_ rows: inout [Row]) {
    for row in rows { checksum.combine(digest(row)) }
    rowCount += rows.count
    rows.removeAll(keepingCapacity: true)
  }
}
