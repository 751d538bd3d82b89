import Dataflow
import TestSupport
import Testing

@Suite struct TimeOrderedTests {
  private func time(_ seconds: Int) -> EventTime {
    EventTime(microseconds: Int64(seconds) * 1_000_000)
  }

  @Test func `every short sequence is kept by time, equal times as they came`() {
    for times in words(of: [1, 2, 3], upTo: 6) {
      var ordered = TimeOrdered<[Int]>()
      for (place, seconds) in times.enumerated() {
        ordered.insert([seconds, place], at: time(seconds))
      }
      let expected = times.enumerated().map { [$1, $0] }.sorted { $0.lexicographicallyPrecedes($1) }
      var visited: [[Int]] = []
      ordered.update(in: time(1)...time(3)) { visited.append($0) }
      #expect(visited == expected)
      var removed: [[Int]] = []
      while !ordered.isEmpty { removed.append(ordered.removeFirst()) }
      #expect(removed == expected)
    }
  }

  @Test func `a range has both its ends, also after removals and late insertions`() {
    var ordered = TimeOrdered<Int>()
    for seconds in [1, 2, 3, 5, 8] { ordered.insert(seconds, at: time(seconds)) }
    #expect([ordered.removeFirst(), ordered.removeFirst()] == [1, 2])
    ordered.insert(4, at: time(4))
    ordered.insert(0, at: time(0))
    var visited: [Int] = []
    ordered.update(in: time(3)...time(5)) { value in
      visited.append(value)
      value *= 10
    }
    #expect(visited == [3, 4, 5])
    visited = []
    ordered.update(in: time(-1)...time(9)) { visited.append($0) }
    #expect(visited == [0, 30, 40, 50, 8])
  }
}
