import Dataflow
import TestSupport
import Testing

/// An operator under test: how to make it, how its rows read, and what its rule gives naively.
struct Specimen<Subject: Operator & ~Copyable> {
  /// How far the watermark stays behind the greatest time processed.
  var delay: EventSpan = .seconds(5)
  let make: () -> Subject
  let time: (Subject.Input) -> EventTime
  /// A row as text; rows are compared as multisets of it.
  let describe: (Subject.Output) -> String
  /// The rule, computed from all on-time input at once.
  let model: ([Subject.Input]) -> [String]
}

/// What came out of a run: the rows in order, and the late input.
struct Run<Input> {
  var rows: [String] = []
  var late: [Input] = []
}

extension Specimen where Subject: ~Copyable {
  /// Processes the batches, each followed by the watermark it allows, then the end of input.
  ///
  /// After `cut` batches a new operator takes over from a snapshot.
  func run(_ batches: [[Subject.Input]], snapshotAfter cut: Int? = nil) -> Run<Subject.Input> {
    var subject = make()
    var run = Run<Subject.Input>()
    var output: [Subject.Output] = []
    var greatest = EventTime.beginning
    for (index, batch) in batches.enumerated() {
      if index == cut { takeOver(&subject) }
      subject.process(batch, into: &output, late: &run.late)
      greatest = batch.map(time).reduce(greatest, max)
      subject.advance(to: greatest - delay, into: &output)
    }
    if cut == batches.count { takeOver(&subject) }
    subject.advance(to: .endOfInput, into: &output)
    run.rows = output.map(describe)
    return run
  }

  private func takeOver(_ subject: inout Subject) {
    var successor = make()
    successor.restore(subject.snapshot())
    subject = successor
  }

  /// The arrivals that are late, and those that are not, when the watermark follows each record.
  func split(_ arrivals: [Subject.Input]) -> (onTime: [Subject.Input], late: [Subject.Input]) {
    var greatest = EventTime.beginning
    var onTime: [Subject.Input] = []
    var late: [Subject.Input] = []
    for input in arrivals {
      if time(input) < greatest - delay { late.append(input) } else { onTime.append(input) }
      greatest = max(greatest, time(input))
    }
    return (onTime, late)
  }

  /// Holds an order of arrival without late records to the four laws.
  ///
  /// The model knows nothing of the order, so equality with it for every order is law 2.
  func expectLaws(
    _ arrivals: [Subject.Input],
    batchings: [[[Subject.Input]]],
    _ world: @autoclosure () -> String
  ) {
    let expected = model(arrivals).sorted()
    func expect(_ run: Run<Subject.Input>, _ law: String) {
      guard run.rows.sorted() != expected || !run.late.isEmpty else { return }
      Issue.record(
        "\(law): \(run.rows) late \(run.late), expected \(expected) of \(arrivals), \(world())"
      )
    }
    for batching in batchings {
      expect(run(batching), "batches of \(batching.map(\.count))")
    }
    let single = arrivals.map { [$0] }
    // Everywhere in a small world, at some places in a large one.
    for cut in stride(from: 0, through: single.count, by: single.count / 8 + 1) {
      expect(run(single, snapshotAfter: cut), "snapshot after \(cut)")
    }
    expect(run([arrivals]), "batch")
  }

  /// Late records come back as they are, in order, and the rows are those of the others.
  func expectLateReturned(_ arrivals: [Subject.Input], _ world: @autoclosure () -> String) {
    let (onTime, late) = split(arrivals)
    let run = run(arrivals.map { [$0] })
    let isReturned = run.late.map { "\($0)" } == late.map { "\($0)" }
    guard run.rows.sorted() != model(onTime).sorted() || !isReturned else { return }
    Issue.record(
      "\(run.rows) late \(run.late), expected \(model(onTime)) late \(late), \(world())"
    )
  }

  /// Every sequence of up to `length` records of the alphabet, cut in every way.
  func expectLawsInSmallWorlds(of alphabet: [Subject.Input], upTo length: Int) {
    for word in words(of: alphabet, upTo: length) {
      if split(word).late.isEmpty {
        expectLaws(word, batchings: TestSupport.batchings(of: word), "small world")
      } else {
        expectLateReturned(word, "small world")
      }
    }
  }

  /// Random worlds: `world` makes records in any order; they arrive out of order within the delay.
  func expectLawsInRandomWorlds(
    count: UInt64 = 100,
    _ world: (inout SplitMix64) -> [Subject.Input]
  ) {
    for seed in 0..<count {
      var generator = SplitMix64(seed: seed)
      let inputs = world(&generator)
      let arrivals = disordered(inputs, by: delay, using: &generator)
      expectLaws(
        arrivals,
        batchings: [1, 2, 3, 7, 16].map { batches(of: arrivals, size: $0) },
        "seed \(seed)"
      )
      let lateArrivals = disordered(
        inputs,
        by: EventSpan(microseconds: 3 * delay.microseconds),
        using: &generator
      )
      expectLateReturned(lateArrivals, "seed \(seed)")
    }
  }

  /// Sorts by time plus a random delay of at most `disorder`.
  private func disordered(
    _ inputs: [Subject.Input],
    by disorder: EventSpan,
    using generator: inout SplitMix64
  ) -> [Subject.Input] {
    inputs.map { input in
      let delay = Int64.random(in: 0...disorder.microseconds, using: &generator)
      return (arrival: time(input) + EventSpan(microseconds: delay), input)
    }
    .sorted { $0.arrival < $1.arrival }.map(\.1)
  }
}

/// Records at whole and half seconds in a short span around the epoch, so that ties, ends of
/// intervals and windows before it occur often.
func randomArrivals(
  _ count: Int,
  streams: [String] = ["event"],
  keys: [String] = ["a", "b", "c"],
  using generator: inout SplitMix64
) -> [Timeline.Arrival] {
  (0..<count).map { index in
    Timeline.Arrival(
      time: EventTime(microseconds: Int64.random(in: -20...60, using: &generator) * 500_000),
      stream: streams[Int.random(in: 0..<streams.count, using: &generator)],
      key: keys[Int.random(in: 0..<keys.count, using: &generator)],
      id: "\(index)"
    )
  }
}

/// Plays a timeline through an operator and writes down what comes out after each moment.
///
/// - Returns: a line for each moment that gave anything: `wm=6: row, row` or `t=5 ...: late`.
func play<Subject: Operator & ~Copyable>(
  _ timeline: Timeline,
  through subject: consuming Subject,
  _ describe: (Subject.Output) -> String,
  input: (Timeline.Arrival) -> Subject.Input
) -> [String] {
  var subject = subject
  return timeline.moments.compactMap { moment in
    var output: [Subject.Output] = []
    var late: [Subject.Input] = []
    let name: String
    switch moment {
    case .arrival(let arrival):
      name = arrival.description
      subject.process([input(arrival)], into: &output, late: &late)
    case .watermark(let watermark):
      name = "wm=\(watermark.notation)"
      subject.advance(to: watermark, into: &output)
    }
    let rows = output.map(describe) + late.map { _ in "late" }
    return rows.isEmpty ? nil : "\(name): " + rows.joined(separator: ", ")
  }
}
