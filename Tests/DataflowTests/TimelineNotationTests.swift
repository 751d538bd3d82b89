import Dataflow
import TestSupport
import Testing

@Suite struct TimelineNotationTests {
  @Test func `arrivals and watermarks are read in order`() {
    let timeline: Timeline = "t=1 click u1 a | wm=6 | t=-0.5 checkout u2 | wm=end"
    #expect(
      timeline.moments == [
        .arrival(
          .init(time: EventTime(microseconds: 1_000_000), stream: "click", key: "u1", id: "a")
        ),
        .watermark(EventTime(microseconds: 6_000_000)),
        .arrival(.init(time: EventTime(microseconds: -500_000), stream: "checkout", key: "u2")),
        .watermark(.endOfInput),
      ]
    )
  }

  @Test(arguments: ["0", "12", "-3", "0.5", "-0.5", "5.999999", "-12.000001", "end"])
  func `a time is written as it is read`(text: String) {
    #expect(EventTime(notation: text).notation == text)
  }

  @Test func `small worlds are complete`() {
    #expect(words(of: ["a", "b"], upTo: 3).count == 15)
    #expect(
      Set(batchings(of: [1, 2, 3])) == [
        [[1], [2], [3]], [[1, 2], [3]], [[1], [2, 3]], [[1, 2, 3]],
      ]
    )
    #expect(interleavings(of: [[1, 2], [3]]) == [[1, 2, 3], [1, 3, 2], [3, 1, 2]])
    #expect(permutations(of: [1, 2, 3]).count == 6)
    #expect(batches(of: [1, 2, 3, 4, 5], size: 2) == [[1, 2], [3, 4], [5]])
  }
}
