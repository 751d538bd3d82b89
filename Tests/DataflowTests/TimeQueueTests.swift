import Dataflow
import TestSupport
import Testing

@Suite struct TimeQueueTests {
  private func time(_ seconds: Int) -> EventTime {
    EventTime(microseconds: Int64(seconds) * 1_000_000)
  }

  /// Inserts each time with its place, and takes everything out.
  private func drained(_ times: [Int]) -> [[Int]] {
    var queue = TimeQueue<Int>()
    for (place, seconds) in times.enumerated() { queue.insert(place, at: time(seconds)) }
    var drained: [[Int]] = []
    while let (time, place) = queue.popFirst() {
      drained.append([Int(time.microseconds / 1_000_000), place])
    }
    return drained
  }

  @Test func `every short sequence comes out by time, equal times as they came`() {
    for times in words(of: [1, 2, 3], upTo: 7) {
      let expected = times.enumerated().map { [$1, $0] }.sorted { $0.lexicographicallyPrecedes($1) }
      guard drained(times) != expected else { continue }
      Issue.record("\(drained(times)) instead of \(expected)")
    }
  }

  @Test func `a random sequence of insertions and removals keeps the order`() {
    for seed in 0..<50 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      var queue = TimeQueue<Int>()
      var model: [Int] = []
      for _ in 0..<300 {
        let seconds = Int.random(in: 0..<40, using: &generator)
        if Bool.random(using: &generator) || Bool.random(using: &generator) {
          queue.insert(seconds, at: time(seconds))
          model.append(seconds)
        } else {
          let earliest = model.min().flatMap { $0 < seconds ? $0 : nil }
          let popped = queue.popFirst(before: time(seconds))?.element
          #expect(popped == earliest, "seed \(seed)")
          if let earliest { model.remove(at: model.firstIndex(of: earliest) ?? 0) }
        }
        #expect(queue.count == model.count, "seed \(seed)")
        #expect(queue.firstTime == model.min().map(time), "seed \(seed)")
      }
    }
  }

  @Test func `an element at the bound stays`() {
    var queue = TimeQueue<Int>()
    queue.insert(1, at: time(5))
    #expect(queue.popFirst(before: time(5)) == nil)
    #expect(queue.popFirst(before: EventTime(microseconds: 5_000_001))?.element == 1)
    #expect(queue.popFirst() == nil)
  }
}
