import Dataflow

/// Watermarks: observing every record, beside only reading its time.
let watermarkBenchmarks = [
  Benchmark(name: "times.read/memory", unit: .events) { context in
    let times = disorderedTimes(context.scaled(10_000_000))
    return Workload(count: times.count) {
      var sum: Int64 = 0
      for time in times { sum &+= time.microseconds }
      return Outcome(checksum: UInt64(bitPattern: sum))
    }
  },
  Benchmark(name: "watermark.observe/disorder", unit: .events, limit: "times.read/memory") {
    context in
    let times = disorderedTimes(context.scaled(10_000_000))
    return Workload(count: times.count) {
      var tracker = WatermarkTracker(inputCount: 2, delay: .minutes(5))
      tracker.ignoreBeyond = EventTime(microseconds: .max - 1)
      var lateCount = 0
      for (index, time) in times.enumerated() {
        if tracker.isLate(time) { lateCount += 1 }
        tracker.observe(time, input: index & 1)
      }
      var checksum = Checksum()
      checksum.combine(tracker.watermark.microseconds)
      checksum.combine(lateCount)
      return Outcome(checksum: checksum.value)
    }
  },
]

/// One event a millisecond, each up to 4 minutes out of order, one in a thousand up to 10 late.
private func disorderedTimes(_ count: Int) -> [EventTime] {
  var generator = SplitMix64(seed: 1)
  return (0..<count).map { index in
    let delay = generator.next() % (index % 1000 == 0 ? 600_000_000 : 240_000_000)
    return EventTime(microseconds: 1_800_000_000_000_000 + Int64(index) * 1000 - Int64(delay))
  }
}
